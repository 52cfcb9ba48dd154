// One job with the npm package, in a worker of its pool: see job.mjs. AVIF's settings are QUALITY and EFFORT.
import { configure, image } from 'darkroom-image';
import { SIDES, run } from './job.mjs';

configure({ threads: 1 });

const within = (input, side) => input.clone().resize(side, side, { fit: 'inside', withoutEnlargement: true });
const thumbnails = (input) => SIDES.map((side) => within(input, side).jpeg({ quality: 85 }));
const named = (names, outputs) => Object.fromEntries(outputs.map(({ data }, n) => [names[n], data]));
const small = SIDES.map((side) => `${side}.jpg`);

await run({
  upload: async (photo) => {
    const input = image(photo);
    const outputs = [input.clone().webp({ quality: 80 }), ...thumbnails(input)];
    return named(['compressed.webp', ...small], await input.render(outputs));
  },
  thumbnails: async (photo) => named(small, await image(photo).render(thumbnails(image(photo)))),
  'webp-800': async (photo) => ({ '800.webp': await within(image(photo), 800).webp({ quality: 80 }).toBuffer() }),
  'avif-800': async (photo, quality = 75, effort = 1) => ({
    '800.avif': await within(image(photo), 800).avif({ quality: Number(quality), effort: Number(effort) }).toBuffer(),
  }),
});
