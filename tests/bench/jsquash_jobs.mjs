// One job with jSquash, at its default effort: see job.mjs.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import encodeAvif, { init as initAvif } from '@jsquash/avif/encode.js';
import decode, { init as initDecode } from '@jsquash/jpeg/decode.js';
import encodeJpeg, { init as initJpeg } from '@jsquash/jpeg/encode.js';
import scale, { initResize } from '@jsquash/resize/index.js';
import encodeWebp, { init as initWebp } from '@jsquash/webp/encode.js';
import { SIDES, run, within } from './job.mjs';

// Node has none, and jSquash makes them.
globalThis.ImageData = class {
  constructor(data, width, height) {
    Object.assign(this, { data, width, height });
  }
};

// In Node it would fetch its modules, which Node can't do from files.
const module = async (path) => WebAssembly.compile(await readFile(fileURLToPath(import.meta.resolve(`@jsquash/${path}`))));
await initDecode(await module('jpeg/codec/dec/mozjpeg_dec.wasm'));
await initJpeg(await module('jpeg/codec/enc/mozjpeg_enc.wasm'));
await initResize(await module('resize/lib/resize/pkg/squoosh_resize_bg.wasm'));
await initWebp(await module('webp/codec/enc/webp_enc_simd.wasm'));
await initAvif(await module('avif/codec/enc/avif_enc.wasm'));

const OPTIONS = { method: 'lanczos3', premultiply: false, linearRGB: false };
const small = (image, side) => scale(image, { ...within(image, side), ...OPTIONS });
const thumbnails = async (image) => {
  const outputs = {};
  for (const side of SIDES) outputs[`${side}.jpg`] = bytes(await encodeJpeg(await small(image, side), { quality: 85 }));
  return outputs;
};
const bytes = (buffer) => new Uint8Array(buffer);

await run({
  upload: async (photo) => {
    const image = await decode(photo);
    return { 'compressed.webp': bytes(await encodeWebp(image, { quality: 80 })), ...(await thumbnails(image)) };
  },
  thumbnails: async (photo) => thumbnails(await decode(photo)),
  'webp-800': async (photo) => ({ '800.webp': bytes(await encodeWebp(await small(await decode(photo), 800), { quality: 80 })) }),
  'avif-800': async (photo) => ({ '800.avif': bytes(await encodeAvif(await small(await decode(photo), 800))) }),
});
