// What each entry of the package exports.
import { Source } from './source.js';

/** On an engine that calls the image core, with a function that reads inputs, and with the class of the chain. */
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
