import { least } from './least.js';
import { web } from './web.js';

export { DarkroomError } from './error.js';
export const { image, canonical, options, formats, defaultLimits, outputVersion, configure, close } = web(
  new URL('./lite.wasm', import.meta.url),
  least.lite,
);
