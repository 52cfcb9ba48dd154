// Calls the image core's interface (wit/image.wit) through its core module. Values are passed in the component model's
// canonical ABI: bytes are copied once into the instance's memory, and once out of it.
import { DarkroomError } from './error.js';

const INTERFACE = 'darkroom:image/processor@0.1.0';
const RENDITION = 32; // bytes of a `result<rendition, error>`

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The functions of one instance in `memory`, which must be zeroed. They throw the contract's errors. */
export function instantiate(module, memory) {
  const { exports } = new WebAssembly.Instance(module, { darkroom: { memory } });
  const call = (name, read, ...words) => {
    const pointer = exports[`${INTERFACE}#${name}`](...words);
    const value = read(new DataView(memory.buffer), pointer);
    exports[`cabi_post_${INTERFACE}#${name}`](pointer);
    return value;
  };
  const place = (bytes) => {
    const at = exports.cabi_realloc(0, 0, 1, bytes.length) >>> 0;
    new Uint8Array(memory.buffer).set(bytes, at);
    return [at, bytes.length];
  };
  const text = (value) => place(encoder.encode(value));
  const list = (items) => {
    const at = exports.cabi_realloc(0, 0, 4, items.length * 8) >>> 0;
    const view = new DataView(memory.buffer);
    items.flat().forEach((word, n) => view.setUint32(at + n * 4, word, true));
    return [at, items.length];
  };
  return {
    probe: (source, limits) => call('probe', ok(string), ...place(source), ...text(limits)),
    describe: (source, limits) => call('describe', ok(string), ...place(source), ...text(limits)),
    /** `{ info, results }`, each result `{ ok: rendition }` or `{ err: { code, message } }`. */
    transform: (source, recipes, limits) =>
      call('transform', ok(transformed), ...list([place(source)]), ...list(recipes.map(text)), ...text(limits)),
    canonical: (recipe) => call('canonical', ok(string), ...text(recipe)),
    options: () => call('options', string),
    formats: () => call('formats', string),
    defaultLimits: () => call('default-limits', string),
    outputVersion: () => exports[`${INTERFACE}#output-version`]() >>> 0,
  };
}

/** Reads a result's value, or throws its error. */
const ok = (read) => (view, at) => {
  if (view.getUint8(at) === 0) return read(view, at + 4);
  const { code, message } = error(view, at + 4);
  throw new DarkroomError(code, message);
};

const bytes = (view, at) => new Uint8Array(view.buffer, view.getUint32(at, true), view.getUint32(at + 4, true));
const string = (view, at) => decoder.decode(bytes(view, at));
const error = (view, at) => ({ code: string(view, at), message: string(view, at + 8) });

function transformed(view, at) {
  const first = view.getUint32(at + 8, true);
  const results = Array.from({ length: view.getUint32(at + 12, true) }, (_, n) => result(view, first + n * RENDITION));
  return { info: string(view, at), results };
}

const result = (view, at) => (view.getUint8(at) === 0 ? { ok: rendition(view, at + 4) } : { err: error(view, at + 4) });

const rendition = (view, at) => ({
  format: string(view, at),
  width: view.getUint32(at + 8, true),
  height: view.getUint32(at + 12, true),
  quality: view.getUint8(at + 16) === 0 ? undefined : view.getUint8(at + 17),
  bytes: bytes(view, at + 20).slice(),
});
