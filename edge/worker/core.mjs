// What the Rust shell calls. Each call gets an instance of its own, so that a crash costs one image; and all of them
// get the same memory, one after the other and emptied in between (tools/worker/src/memory.rs says why).
import { sha256 } from './build/digest.js';
import { pages } from './build/memory.js';
import module from './build/processor.core.wasm';
import { instantiate } from './build/processor.js';

const memory = new WebAssembly.Memory(pages);

/** The SHA-256 of the component. */
export const digest = () => sha256;

/** `{ ok: info }` or `{ err: { case, text } }`. */
export function probe(source, ...limits) {
  return call((processor) => processor.probe(source, withLimits(processor, limits)));
}

/** The same, of what can stand in for the image. */
export function describe(source, ...limits) {
  return call((processor) => processor.describe(source, withLimits(processor, limits)));
}

/** The same, of the one rendition that the text of a recipe asks for. */
export function transform(source, recipe, ...limits) {
  return call((processor) => {
    const [result] = processor.transform(source, [processor.parseRecipe(recipe)], withLimits(processor, limits));
    if (result.tag === 'err') throw Object.assign(new Error('the recipe'), { payload: result.val });
    return result.val;
  });
}

function withLimits(processor, [sourceBytes, pixels, memory, outputPixels, enlargement]) {
  const limits = { ...processor.defaultLimits(), sourceBytes, pixels, memory };
  return outputPixels === undefined ? limits : { ...limits, outputPixels, enlargement };
}

function call(use) {
  try {
    return { ok: use(instantiate(() => module, {}, fresh).processor) };
  } catch (error) {
    return { err: failure(error) };
  }
}

/** An instance in an emptied memory. */
function fresh(module, imports) {
  new Uint8Array(memory.buffer).fill(0);
  return new WebAssembly.Instance(module, { ...imports, darkroom: { memory } });
}

/** jco throws the contract's errors with the variant as payload; anything else is a crash. */
function failure({ payload, message }) {
  if (payload?.tag === undefined) return { case: 'trap', text: message };
  if (payload.tag !== 'limit-exceeded') return { case: payload.tag, text: String(payload.val) };
  const { kind, actual, allowed } = payload.val;
  return { case: payload.tag, text: `${kind}: ${actual}, allowed are ${allowed}` };
}
