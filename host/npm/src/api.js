// The exports common to all entry points of the package.
import { Source } from './source.js';

/** Builds the exports from an engine that calls the image core, a function that reads inputs, and the class of the
 * chain. */
export function api(engine, read, Image) {
  const ask = (name, read = (text) => text) => async (...args) => read(await engine.call(name, args));
  return {
    image: (input, settings) => new Image(new Source(engine, read, input, settings)),
    canonical: ask('canonical'),
    options: ask('options', JSON.parse),
    formats: ask('formats', JSON.parse),
    defaultLimits: ask('defaultLimits'),
    outputVersion: ask('outputVersion'),
    configure: (settings) => engine.configure(settings),
    close: () => engine.close(),
  };
}
