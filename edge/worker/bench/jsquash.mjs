// The same job on jSquash: MozJPEG, its Lanczos3 resizer, and libwebp at quality 80.
import decode, { init as initDecode } from '@jsquash/jpeg/decode.js';
import decoder from '@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm';
import resize, { initResize } from '@jsquash/resize';
import resizer from '@jsquash/resize/lib/resize/pkg/squoosh_resize_bg.wasm';
import encode, { init as initEncode } from '@jsquash/webp/encode.js';
import encoder from '@jsquash/webp/codec/enc/webp_enc_simd.wasm';

let ready;

export default {
  async fetch(request, env) {
    ready ??= Promise.all([initDecode(decoder), initResize(resizer), initEncode(encoder)]);
    await ready;
    const source = await (await env.RAW.get('photo.jpg')).arrayBuffer();
    const image = await decode(source);
    const height = Math.round((image.height * 800) / image.width);
    const small = await resize(image, { width: 800, height, method: 'lanczos3', premultiply: false, linearRGB: false });
    const webp = await encode(small, { quality: 80 });
    return new Response(webp, { headers: { 'Content-Type': 'image/webp' } });
  },
};
