// The same job on @cf-wasm/photon: its WebP is lossless only.
import { PhotonImage, SamplingFilter, resize } from '@cf-wasm/photon';

export default {
  async fetch(request, env) {
    const source = await (await env.RAW.get('photo.jpg')).arrayBuffer();
    const image = PhotonImage.new_from_byteslice(new Uint8Array(source));
    const height = Math.round((image.get_height() * 800) / image.get_width());
    const small = resize(image, 800, height, SamplingFilter.Lanczos3);
    const webp = small.get_bytes_webp();
    image.free();
    small.free();
    return new Response(webp, { headers: { 'Content-Type': 'image/webp' } });
  },
};
