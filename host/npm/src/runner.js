// Calls the image core: each call in an instance of its own, so that a crash costs one image.
import { instantiate } from './contract.js';

const KEPT = 64 << 20;

/**
 * A function that calls `name` with `args` and tells `{ ok }` or `{ err: { code, message } }`. `pages` are a memory's least
 * and most: instances follow each other in one, filled with zeros in between (tools/worker/src/memory.rs). One
 * of more than `kept` bytes is left to the garbage collector.
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

/** A memory's bounds, in pages of 64 KiB, for an instance that needs `least` of them and may have `mebibytes`. */
export const memory = (least, mebibytes) => ({ initial: least, maximum: Math.max(least, mebibytes * 16) });
