// The functions that the Rust shell calls. Each call gets its own instance, so that a crash costs one image. All
// instances use the same memory in turn, cleared in between (tools/worker/src/memory.rs says why).
import { instantiate } from '../../host/npm/src/contract.js';
import { sha256 } from './build/digest.js';
import { pages } from './build/memory.js';
import module from './build/processor.core.wasm';

const memory = new WebAssembly.Memory(pages);

/** The SHA-256 of the component. */
export const digest = () => sha256;

/** `{ ok: description }`, as JSON, or `{ err: { code, message } }`. */
export function describe(source, limits) {
  return call((processor) => processor.describe(source, limits));
}

/** `{ ok: { info, result } }`, the facts as JSON and a result in the same form, or `{ err }`. */
export function transform(source, recipe, limits) {
  return call((processor) => {
    const { info, results } = processor.transform(source, [recipe], limits);
    return { info, result: results[0] };
  });
}

function call(use) {
  new Uint8Array(memory.buffer).fill(0);
  try {
    return { ok: use(instantiate(module, memory)) };
  } catch ({ code, message }) {
    return { err: { code: code ?? 'trap', message } };
  }
}
