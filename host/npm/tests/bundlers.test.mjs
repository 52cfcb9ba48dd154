// The package in three bundlers, each as its users call it: the same bytes in Chromium as everywhere.
import assert from 'node:assert/strict';
import { cp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import esbuild from 'esbuild';
import puppeteer from 'puppeteer-core';
import * as vite from 'vite';
import webpack from 'webpack';
import { golden, installed, photo, root } from './harness.mjs';

const MAIN = `import { digests } from './digests.mjs';
globalThis.found = fetch('photo.jpg').then((photo) => photo.blob()).then(digests);
`;
const PAGE = '<!doctype html><script type="module" src="./main.js"></script>';

/** Each makes DIST of a folder in which main.js is, as README.md says. */
const BUNDLERS = {
  vite: (folder, dist) => vite.build({ root: folder, logLevel: 'error', build: { outDir: dist } }),
  esbuild: (folder, dist) => {
    const source = 'node_modules/darkroom-image/src';
    const entryPoints = ['main.js', `${source}/worker.web.js`, `${source}/full.wasm`];
    const options = { bundle: true, format: 'esm', loader: { '.wasm': 'copy' }, entryNames: '[name]' };
    return esbuild.build({ absWorkingDir: folder, entryPoints, outdir: dist, ...options });
  },
  webpack: (folder, dist) =>
    new Promise((resolve, reject) => {
      webpack({ mode: 'production', context: folder, entry: './main.js', output: { path: dist, filename: 'main.js' } }, (error, stats) =>
        error || stats.hasErrors() ? reject(error ?? new Error(stats.toString())) : resolve(),
      );
    }),
};

let browser;
let folder;
before(async () => {
  const tests = ['digests.mjs', 'recipes.mjs'].map((name) => [name, join(root, 'host/npm/tests', name)]);
  folder = await installed(Object.fromEntries(tests));
  await writeFile(join(folder, 'main.js'), MAIN);
  await writeFile(join(folder, 'index.html'), PAGE);
  browser = await puppeteer.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] });
});
after(() => browser?.close());

/** What the page at an address made. */
async function found(address) {
  const page = await browser.newPage();
  const problems = [];
  page.on('pageerror', ({ message }) => problems.push(message));
  await page.goto(address);
  await page.waitForFunction('globalThis.found', { timeout: 20_000 }).catch((error) => assert.deepEqual(problems, [], error.message));
  return page.evaluate(() => globalThis.found);
}

for (const [name, bundle] of Object.entries(BUNDLERS)) {
  test(`${name} takes it along`, async () => {
    const dist = join(folder, `dist-${name}`);
    await bundle(folder, dist);
    await cp(photo, join(dist, 'photo.jpg'));
    if (name !== 'vite') await writeFile(join(dist, 'index.html'), PAGE);
    const { serve } = await import(join(root, 'host/npm/example/server.mjs'));
    const server = serve({ page: dist, modules: dist });
    await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
    try {
      assert.deepEqual(await found(`http://127.0.0.1:${server.address().port}/`), await golden());
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
}

test("Vite's own server gives it to a page", async () => {
  await cp(photo, join(folder, 'photo.jpg'));
  const server = await vite.createServer({ root: folder, logLevel: 'error', server: { host: '127.0.0.1', port: 0 } });
  await server.listen();
  try {
    assert.deepEqual(await found(`http://127.0.0.1:${server.httpServer.address().port}/`), await golden());
  } finally {
    await server.close();
  }
});
