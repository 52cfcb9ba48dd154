// A real browser on a page of the Worker's images. Leaves screenshots in target/worker-page.
import assert from 'node:assert/strict';
import { mkdir, readFile } from 'node:fs/promises';
import { createServer, request as ask } from 'node:http';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import puppeteer from 'puppeteer-core';
import { root, sample, start } from './harness.mjs';

const OUT = join(root, 'target/worker-page');

let worker;
let site;
before(async () => {
  const objects = { 'seeding.jpg': await sample('seeding.jpg'), 'round.png': await sample('round.png') };
  worker = await start({ objects, settings: { delivery: { avif: 'wait' } } });
  const page = await readFile(new URL('page.html', import.meta.url));
  // The page and the images share one origin, as on a zone where the Worker has the route /image/*.
  site = createServer((request, response) => {
    if (request.url === '/') return response.writeHead(200, { 'content-type': 'text/html' }).end(page);
    const { hostname, port } = worker.url;
    const passed = ask({ hostname, port, path: request.url, method: request.method, headers: request.headers }, (answer) => {
      response.writeHead(answer.statusCode, answer.headers);
      answer.pipe(response);
    });
    return request.pipe(passed);
  }).listen(0, '127.0.0.1');
  await new Promise((ready) => site.once('listening', ready));
  await mkdir(OUT, { recursive: true });
});
after(async () => {
  site.closeAllConnections();
  site.close();
  await worker.stop();
});

/** Opens the page in Chromium: returns its findings for each image, and a screenshot. */
async function visit(deviceScaleFactor) {
  const browser = await puppeteer.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] });
  try {
    const page = await browser.newPage();
    const types = {}; // of what the browser itself asked for, with its own Accept
    page.on('response', (response) => {
      if (response.request().resourceType() !== 'image') return;
      types[new URL(response.url()).pathname] = response.headers()['content-type'];
    });
    await page.setViewport({ width: 760, height: 760, deviceScaleFactor });
    await page.goto(`http://127.0.0.1:${site.address().port}/`);
    await page.waitForFunction("document.title === 'done'");
    await page.screenshot({ path: join(OUT, `dpr-${deviceScaleFactor}.png`) });
    const facts = await page.$$eval('tr[data-facts]', (rows) => rows.map((row) => JSON.parse(row.dataset.facts)));
    return Object.fromEntries(facts.map((fact) => [fact.id, { ...fact, type: types[fact.path] }]));
  } finally {
    await browser.close();
  }
}

for (const [dpr, width] of [[1, 320], [2, 640]]) {
  test(`at ${dpr} device pixels a CSS pixel`, async () => {
    const found = await visit(dpr);
    assert.deepEqual(Object.keys(found).sort(), ['auto', 'cover', 'picture', 'srcset']);
    for (const fact of Object.values(found)) {
      assert.ok(fact.shown, `${fact.id} is shown`);
      assert.match(fact.type, /^image\/(jxl|avif|webp)$/, fact.id);
    }
    assert.equal(found.srcset.width, width);
    assert.equal(found.picture.width, width);
    assert.equal(found.picture.type, 'image/avif');
    assert.equal(found.auto.type, 'image/jxl', 'Chromium accepts it, and shows it');
    assert.deepEqual([found.cover.width, found.cover.height], [160, 160]);
  });
}
