import module from './lite.wasm';
import { least } from './least.js';
import { workerd } from './workerd.js';

export { DarkroomError } from './error.js';
export const { image, canonical, options, formats, defaultLimits, outputVersion, configure, close } = workerd(module, least.lite);
