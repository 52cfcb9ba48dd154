// Checks the golden bytes in every engine, using the installed package.
import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { Miniflare } from 'miniflare';
import puppeteer from 'puppeteer-core';
import { golden, installed, photo, root, run, tool } from './harness.mjs';

const tests = new URL('.', import.meta.url).pathname;

let folder;
let expected;
before(async () => {
  expected = await golden();
  const scripts = ['digests.mjs', 'main.mjs', 'recipes.mjs'].map((name) => [name, join(tests, name)]);
  folder = await installed({ 'photo.jpg': photo, ...Object.fromEntries(scripts) });
});

test('Node gives them', async () => {
  assert.deepEqual(JSON.parse((await run('node', ['main.mjs'], { cwd: folder })).stdout), expected);
});

for (const [name, ...options] of [['deno', 'run', '--quiet', '--allow-read', '--node-modules-dir=manual'], ['bun']]) {
  test(`${name} gives them`, async () => {
    const { stdout } = await run(tool(name), [...options, 'main.mjs'], { cwd: folder });
    assert.deepEqual(JSON.parse(stdout), expected);
  });
}

test('workerd gives them', async () => {
  const source = join(folder, 'node_modules/darkroom-image/src');
  const names = (await readdir(source)).filter((name) => name.endsWith('.js') && !/node|web/.test(name));
  const text = async (path, contents) => ({ type: 'ESModule', path, contents: await contents });
  const digests = (await readFile(join(tests, 'digests.mjs'), 'utf8')).replace("'darkroom-image'", "'./full.workerd.js'");
  const worker = `import { digests } from './digests.mjs';
    export default { fetch: async (request) => Response.json(await digests(await request.arrayBuffer())) };`;
  const miniflare = new Miniflare({
    host: '127.0.0.1',
    compatibilityDate: '2026-07-01',
    modules: [
      await text('main.js', worker),
      await text('digests.mjs', digests),
      await text('recipes.mjs', readFile(join(tests, 'recipes.mjs'), 'utf8')),
      ...(await Promise.all(names.map((name) => text(name, readFile(join(source, name), 'utf8'))))),
      ...(await Promise.all(
        ['full.wasm', 'lite.wasm'].map(async (path) => ({ type: 'CompiledWasm', path, contents: await readFile(join(source, path)) })),
      )),
    ],
  });
  try {
    const answer = await miniflare.dispatchFetch('http://127.0.0.1/', { method: 'POST', body: await readFile(photo) });
    assert.deepEqual(await answer.json(), expected);
  } finally {
    await miniflare.dispose();
  }
});

test('Chromium gives them; the example page uploads a smaller photo, and tells why a file is none', async () => {
  const example = join(root, 'host/npm/example');
  const { serve } = await import(join(example, 'server.mjs'));
  const uploads = [];
  const server = serve({ page: example, modules: join(folder, 'node_modules'), extra: folder, take: (upload) => uploads.push(upload) });
  await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
  const browser = await puppeteer.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] });
  try {
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${server.address().port}/`);
    const found = await page.evaluate(async () => {
      const { digests } = await import('/digests.mjs');
      return digests(await (await fetch('/photo.jpg')).blob());
    });
    assert.deepEqual(found, expected);

    const input = await page.$('input[type=file]');
    await input.uploadFile(photo);
    await page.waitForFunction("document.querySelector('output').value.startsWith('uploaded')");
    assert.deepEqual(uploads.map(({ type }) => type), ['image/webp']);
    assert.ok(uploads[0].bytes.length < (await readFile(photo)).length / 2, `${uploads[0].bytes.length} bytes`);

    await input.uploadFile(join(folder, 'main.mjs'));
    await page.waitForFunction("/^main.mjs: (?!working)/.test(document.querySelector('output').value)");
    assert.match(await page.$eval('output', ({ value }) => value), /unrecognized-format/);
    assert.equal(uploads.length, 1);
  } finally {
    await browser.close();
    server.closeAllConnections();
    server.close();
  }
});
