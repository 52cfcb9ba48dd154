// One job with sharp, once to warm up and once measured: `sharp_jobs.mjs JOB PHOTO FOLDER` prints CPU milliseconds.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';

sharp.concurrency(1);
sharp.cache(false);

const within = (photo, side) => sharp(photo).rotate().resize(side, side, { fit: 'inside', withoutEnlargement: true });
const thumbnails = async (photo) => {
  const outputs = {};
  for (const side of [150, 300, 600]) outputs[`${side}.jpg`] = await within(photo, side).jpeg({ quality: 85 }).toBuffer();
  return outputs;
};
const avif = (effort) => async (photo) => ({ '800.avif': await within(photo, 800).avif({ quality: 50, effort }).toBuffer() });
const JOBS = {
  upload: async (photo) => ({
    'compressed.webp': await sharp(photo).rotate().webp({ quality: 80 }).toBuffer(),
    ...(await thumbnails(photo)),
  }),
  thumbnails,
  'webp-800': async (photo) => ({ '800.webp': await within(photo, 800).webp({ quality: 80 }).toBuffer() }),
  'avif-800': avif(2),
  'avif-800-effort-4': avif(4),
};

const [job, path, folder] = process.argv.slice(2);
const photo = await readFile(path);
await JOBS[job](photo);
const start = process.cpuUsage();
const outputs = await JOBS[job](photo);
const { user, system } = process.cpuUsage(start);
console.log(((user + system) / 1000).toFixed(1));
for (const [name, data] of Object.entries(outputs)) await writeFile(join(folder, name), data);
