// Uploads of every kind, dropped on the page: the images that become of them, as Chromium shows them beside the file itself.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { apart, browse, drop, pixels, root, serve, text, visit } from './harness.mjs';

// Files, their types, and what Chromium is to show: HEIC is none of its formats, and that picture is the AVIF's.
const AVIF = ['tests/fixtures/good/avif-444.avif', 'image/avif'];
const INPUTS = [
  ['tests/fixtures/good/heic-444.heic', 'image/heic', AVIF],
  AVIF,
  ['tests/fixtures/good/jxl-lossy.jxl', 'image/jxl'],
  ['tests/fixtures/good/gif-animated.gif', 'image/gif'],
  ['tests/fixtures/svg/shapes.svg', 'image/svg+xml'],
];

let server;
let browser;
let page;
before(async () => {
  [server, browser] = await Promise.all([serve(), browse()]);
  ({ page } = await visit(browser, server.url));
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

test('all of them are taken, and worked on', async () => {
  await drop(page, INPUTS);
  for (const [path] of INPUTS) await text(page, `#list li:has(strong[title="${path.split('/').pop()}"]) .soft`, / → /);
});

for (const [path, type, [shown, shownType] = [path, type]] of INPUTS) {
  test(`${path.split('/').pop()}: what is delivered is shown as the file`, async () => {
    const { images } = await (await fetch(new URL('/images', server.url))).json();
    const name = path.split('/').pop();
    const { originalKey, status, thumbnails } = images.find(({ originalKey }) => originalKey.endsWith(`_${name}`));
    assert.equal(status, 'completed');
    const right = await pixels(page, `data:${shownType};base64,${(await readFile(join(root, shown))).toString('base64')}`);
    for (const url of [`/image/${originalKey}`, `/image/format=webp,anim=false/${originalKey}`, thumbnails.large]) {
      const found = await apart(page, await pixels(page, url), right);
      assert.ok(found.mean < 8, `${url}: ${JSON.stringify(found)}`);
    }
  });
}
