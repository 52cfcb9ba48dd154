// Originals of every kind, as every shell delivers them.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { CHROME, bytes, fixture, kind } from '../helpers.mjs';
import { start } from './shell.mjs';

// Key, file and type; rows of 61 × 47 pixels, of which the drawing says 64 × 48; what Chrome gets, and who names no format.
const INPUTS = [
  ['site/a.heic', 'good/heic-444.heic', 'image/heic', 47, 'avif', 'jpeg'],
  ['site/a.avif', 'good/avif-444.avif', 'image/avif', 47, 'avif', 'jpeg'],
  ['site/a.jxl', 'good/jxl-lossy.jxl', 'image/jxl', 47, 'avif', 'jpeg'],
  ['site/a.gif', 'good/gif-animated.gif', 'image/gif', 47, 'webp', 'gif'], // with its frames
  ['site/a.svg', 'svg/shapes.svg', 'image/svg+xml', 48, 'avif', 'png'], // it may be transparent
];

let shell;
before(async () => {
  const objects = {};
  for (const [key, file] of INPUTS) objects[key] = await fixture(file);
  shell = await start({ settings: { delivery: { avif: 'wait' } }, objects });
});
after(() => shell.stop());

for (const [key, , type, height, modern, plain] of INPUTS) {
  test(`${type}: pixels in each browser's own format`, async () => {
    const png = await shell.get(`/image/width=32,format=png,anim=false/${key}`);
    assert.equal(png.status, 200, await png.clone().text());
    const file = Buffer.from(await bytes(png));
    assert.equal(kind(file), 'png');
    assert.deepEqual([file.readUInt32BE(16), file.readUInt32BE(20)], [32, height === 47 ? 25 : 24]);
    for (const [accept, expected] of [[CHROME, modern], ['*/*', plain]]) {
      const answer = await shell.get(`/image/width=32/${key}`, { accept });
      assert.equal(answer.status, 200, await answer.clone().text());
      assert.equal(answer.headers.get('content-type'), `image/${expected}`);
      assert.equal(kind(await bytes(answer)), expected, accept);
    }
    const facts = await (await shell.get(`/image/width=32,format=json/${key}`)).json();
    assert.deepEqual([facts.original.format, facts.original.height], [type, height]);
  });
}
