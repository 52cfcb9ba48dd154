import { least } from './least.js';
import { node } from './node.js';

export { DarkroomError } from './error.js';
export const { image, canonical, options, formats, defaultLimits, outputVersion, configure, close } = node(
  new URL('./lite.wasm', import.meta.url),
  least.lite,
);
