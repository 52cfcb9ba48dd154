// Calls the image core, with a new instance for each call, so that a crash costs only one image.
import { instantiate } from './contract.js';

const KEPT = 64 << 20;

/**
 * A function that calls `name` with `args` and returns `{ ok }` or `{ err: { code, message } }`. `pages` gives the
 * minimum and maximum of a memory, which consecutive instances share; it is zeroed in between
 * (tools/worker/src/memory.rs). A memory of more than `kept` bytes is left to the garbage collector.
 */
export function runner(module, pages, kept = KEPT) {
  let memory;
  return (name, args) => {
    try {
      if (memory) new Uint8Array(memory.buffer).fill(0);
      else memory = new WebAssembly.Memory(pages);
      return { ok: instantiate(module, memory)[name](...args) };
    } catch (error) {
      return { err: { code: error.code ?? 'trap', message: error.message } };
    } finally {
      if (memory?.buffer.byteLength > kept) memory = undefined;
    }
  };
}

/** A memory's limits in pages of 64 KiB, for an instance that needs at least `least` of them and may use `mebibytes`.
 * */
export const memory = (least, mebibytes) => ({ initial: least, maximum: Math.max(least, mebibytes * 16) });
