// One job with @cf-wasm/photon: see job.mjs. Its WebP is lossless only, and it has no AVIF.
import { PhotonImage, SamplingFilter, resize } from '@cf-wasm/photon';
import { SIDES, run, within } from './job.mjs';

const small = (image, side) => {
  const size = within({ width: image.get_width(), height: image.get_height() }, side);
  return resize(image, size.width, size.height, SamplingFilter.Lanczos3);
};
// An image's memory is freed explicitly: the garbage collector doesn't see it.
const encoded = (image, encode) => {
  const bytes = encode(image);
  image.free();
  return bytes;
};
const jpeg = (image) => image.get_bytes_jpeg(85);
const webp = (image) => image.get_bytes_webp();
const thumbnails = (image) => Object.fromEntries(SIDES.map((side) => [`${side}.jpg`, encoded(small(image, side), jpeg)]));
const decoded = (work) => (photo) => encoded(PhotonImage.new_from_byteslice(photo), work);

await run({
  upload: decoded((image) => ({ 'compressed.webp': webp(image), ...thumbnails(image) })),
  thumbnails: decoded(thumbnails),
  'webp-800': decoded((image) => ({ '800.webp': encoded(small(image, 800), webp) })),
});
