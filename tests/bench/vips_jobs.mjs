// One job with wasm-vips, as sharp does it natively: see job.mjs. AVIF's settings are QUALITY and EFFORT.
import Vips from 'wasm-vips';
import { SIDES, run } from './job.mjs';

const vips = await Vips({ dynamicLibraries: ['vips-heif.wasm'] });
vips.concurrency(1);
vips.Cache.max(0);

// An image's memory is freed explicitly: the garbage collector doesn't see it.
const save = (image, suffix, options) => {
  const bytes = image.writeToBuffer(suffix, { keep: 'none', ...options });
  image.delete();
  return bytes;
};
const whole = (photo) => {
  const stored = vips.Image.newFromBuffer(photo, '', { access: 'sequential' });
  const shown = stored.autorot();
  stored.delete();
  return shown;
};
const within = (photo, side) => vips.Image.thumbnailBuffer(photo, side, { height: side, size: 'down' });
const thumbnails = (photo) =>
  Object.fromEntries(SIDES.map((side) => [`${side}.jpg`, save(within(photo, side), '.jpg', { Q: 85, optimize_coding: true })]));

await run({
  upload: (photo) => ({ 'compressed.webp': save(whole(photo), '.webp', { Q: 80 }), ...thumbnails(photo) }),
  thumbnails,
  'webp-800': (photo) => ({ '800.webp': save(within(photo, 800), '.webp', { Q: 80 }) }),
  'avif-800': (photo, quality, effort) => ({
    // sharp's defaults; libvips's own differ.
    '800.avif': save(within(photo, 800), '.avif', { Q: Number(quality), effort: Number(effort), bitdepth: 8, subsample_mode: 'off' }),
  }),
});
