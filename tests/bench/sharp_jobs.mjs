// One job with sharp: see job.mjs. AVIF's settings are QUALITY and EFFORT.
import sharp from 'sharp';
import { SIDES, run } from './job.mjs';

sharp.concurrency(1);
sharp.cache(false);

const within = (photo, side) => sharp(photo).rotate().resize(side, side, { fit: 'inside', withoutEnlargement: true });
const thumbnails = async (photo) => {
  const outputs = {};
  for (const side of SIDES) outputs[`${side}.jpg`] = await within(photo, side).jpeg({ quality: 85 }).toBuffer();
  return outputs;
};

await run({
  upload: async (photo) => ({
    'compressed.webp': await sharp(photo).rotate().webp({ quality: 80 }).toBuffer(),
    ...(await thumbnails(photo)),
  }),
  thumbnails,
  'webp-800': async (photo) => ({ '800.webp': await within(photo, 800).webp({ quality: 80 }).toBuffer() }),
  'avif-800': async (photo, quality, effort) => ({
    '800.avif': await within(photo, 800).avif({ quality: Number(quality), effort: Number(effort) }).toBuffer(),
  }),
});
