// The server's page in a real browser. Leaves screenshots in target/serve-page.
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { browse, drop, root, serve, text, visit } from './harness.mjs';

const OUT = join(root, 'target/serve-page');
const SEEDING = ['examples/photos/seeding.jpg', 'image/jpeg'];
const ROUND = ['examples/photos/round.png', 'image/png'];
const BROKEN = ['tests/fixtures/bad/no-data.jpg', 'image/jpeg'];

let server;
let browser;
let page;
let problems;
before(async () => {
  await mkdir(OUT, { recursive: true });
  [server, browser] = await Promise.all([serve(), browse()]);
  ({ page, problems } = await visit(browser, server.url));
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

const row = (name) => `#list li:has(strong[title="${name}"])`;
const fact = (name) => text(page, `.facts div[data-fact="${name}"] dd`, /\d/);
const items = async () => (await (await fetch(new URL('/images', server.url))).json()).images;

/** Sets a field like a person, and notifies the form. */
const set = (name, value) => page.$eval(`[name=${name}]`, (field, value) => {
  field.value = value;
  field.dispatchEvent(new Event('input', { bubbles: true }));
}, value);

test('dropped photos are uploaded, worked on step by step, and told apart when they fail', async () => {
  await drop(page, [SEEDING, ROUND, BROKEN]);
  for (const name of ['seeding.jpg', 'round.png']) await text(page, `${row(name)} .soft`, / → /);
  await text(page, `${row('no-data.jpg')} .soft`, /^Failed$/);
  // The page selected the first one itself, and its steps arrived live.
  assert.equal(await text(page, 'article h2'), 'seeding.jpg');
  const steps = await page.$$eval('.steps li span:first-child', (spans) => spans.map((span) => span.textContent));
  const named = steps.map((step) => step.replace(/, [\d.]+ .?B$/, ''));
  assert.deepEqual([...named.slice(0, 3), ...named.slice(3, 7).sort(), ...named.slice(7)], ['uploaded', 'taken up', 'read',
    'the compressed image, WebP', 'thumbnail “large”, JPEG', 'thumbnail “medium”, JPEG', 'thumbnail “small”, JPEG',
    'recorded'], steps.join('; '));
});

test('a result has its facts, its thumbnails and its item', async () => {
  const item = (await items()).find(({ originalKey }) => originalKey.endsWith('_seeding.jpg'));
  assert.equal(await text(page, '.facts div[data-fact=Original] small', /×/), 'JPEG, 1992\u00a0×\u00a01120');
  assert.equal(await text(page, '.facts div[data-fact=Result] small', /×/), 'WebP, 1992\u00a0×\u00a01120');
  assert.match(await fact('Saved'), new RegExp(`^${item.savingsPercent.toFixed(1)} %`));
  const score = Number.parseFloat(await fact('SSIMULACRA2'));
  assert.ok(score > 60 && score < 95, `SSIMULACRA2 ${score}`);
  for (const [nth, sizes] of [/^150 × 84, JPEG/, /^300 × 169, JPEG/, /^600 × 337, JPEG/].entries()) {
    assert.match(await text(page, `.thumbnails li:nth-child(${nth + 1}) small`), sizes);
  }
  const shown = await page.$eval('[data-item]', (pre) => JSON.parse(pre.textContent));
  assert.deepEqual(shown, item);
});

test('the slider moves by keyboard and by pointer', async () => {
  const state = () => page.$eval('.stage', (stage) => [stage.style.getPropertyValue('--at'),
    stage.querySelector('input').getAttribute('aria-valuetext')]);
  await page.focus('.stage input');
  for (const [key, share] of [['Home', 0], ['ArrowRight', 1], ['End', 100], ['ArrowLeft', 99]]) {
    await page.keyboard.press(key);
    assert.deepEqual(await state(), [`${share}%`, `${share} % original`], key);
  }
  const { x, y, width, height } = await (await page.$('.stage input')).boundingBox();
  await page.mouse.click(x + width / 4, y + height / 2);
  const [at] = await state();
  assert.ok(Math.abs(Number.parseFloat(at) - 25) <= 1, at);
});

test('the playground shows what its URL gives', async () => {
  for (const [name, value] of [['width', 320], ['height', 200], ['fit', 'cover'], ['format', 'jpeg']]) await set(name, value);
  await text(page, '.outcome [role=status]', /^320 × 200, JPEG, /);
  const url = await text(page, '.url');
  assert.match(url, /^\/image\/width=320,height=200,fit=cover,format=jpeg\/uploads\/local\/\d{8}_\d{6}_\w{16}_seeding.jpg$/);
  const answer = await fetch(new URL(url, server.url));
  assert.equal(answer.headers.get('content-type'), 'image/jpeg');
  await page.click('.outcome button');
  await text(page, '.outcome [role=status]', /SSIMULACRA2 \d/);
  await set('quality', 400);
  assert.match(await text(page, '.outcome .problem'), /quality.*400.*1 to 100/);
});

test('the snippet is copied, and all of its URLs are images of their type', async () => {
  await browser.defaultBrowserContext().overridePermissions(server.url, ['clipboard-read', 'clipboard-sanitized-write']);
  await page.bringToFront();
  await page.click('[data-copy]');
  await text(page, '[data-copy]', /Copied/);
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  const sources = await page.evaluate((html) => {
    const picture = new DOMParser().parseFromString(html, 'text/html').querySelector('picture');
    const [{ src, width, height }] = picture.getElementsByTagName('img');
    const sets = [...picture.querySelectorAll('source')].map(({ type, srcset }) =>
      [type, srcset.split(/,\s+/).map((each) => each.split(' ')[0])]);
    return { sets, src, size: [width, height] };
  }, copied);
  assert.deepEqual(sources.size, [1992, 1120]);
  assert.deepEqual(sources.sets.map(([type, urls]) => [type, urls.length]), [['image/jxl', 4], ['image/avif', 4], ['image/webp', 4]]);
  // One of each: an AVIF takes a second or more.
  for (const [type, url] of [...sources.sets.map(([type, urls]) => [type, urls[0]]), ['image/jpeg', sources.src]]) {
    const answer = await fetch(url);
    assert.deepEqual([answer.status, answer.headers.get('content-type')], [200, type], url);
  }
});

test('what is no photo is refused with the reason, and a broken photo says why', async () => {
  await drop(page, [['README.md', 'text/markdown']]);
  assert.match(await text(page, `${row('README.md')} .soft`, /Not uploaded/), /text\/markdown.*image\/jpeg/);
  const failed = (await items()).find(({ status }) => status === 'failed');
  await page.click(`${row('no-data.jpg')} a`);
  assert.equal(await text(page, 'article > .problem'), failed.reason);
  await page.screenshot({ path: join(OUT, 'failed.png') });
});

test('a photo that is deleted is gone, and no other', async () => {
  await drop(page, [ROUND]);
  const gone = (await (async () => {
    for (;;) {
      const rounds = (await items()).filter(({ originalKey }) => originalKey.endsWith('_round.png'));
      if (rounds.length === 2) return rounds;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  })())[0];
  await page.goto(`${server.url}/#${gone.imageId}`);
  await page.reload();
  await text(page, 'article h2', /round/);
  await page.waitForSelector('[data-delete]:not([hidden])');
  page.once('dialog', (dialog) => dialog.accept());
  await page.click('[data-delete]');
  await page.waitForSelector('#welcome');
  const left = await items();
  assert.ok(!left.some(({ imageId }) => imageId === gone.imageId));
  assert.ok(left.some(({ originalKey }) => originalKey.endsWith('_round.png')), 'the other one');
  for (const path of ['preset=small', 'format=auto']) {
    assert.equal((await fetch(new URL(`/image/${path}/${gone.originalKey}`, server.url))).status, 404, path);
  }
  await page.click(`${row('no-data.jpg')} a`);
});

test('a reload loses nothing', async () => {
  await page.reload();
  for (const name of ['seeding.jpg', 'round.png']) await text(page, `${row(name)} .soft`, / → /);
  assert.equal(await text(page, 'article h2'), 'no-data.jpg');
});

test('it fits every screen, in light and dark, and each control has a name', async () => {
  const { imageId } = (await items()).find(({ originalKey }) => originalKey.endsWith('_seeding.jpg'));
  for (const [width, scheme] of [[360, 'light'], [360, 'dark'], [1280, 'light'], [1280, 'dark']]) {
    const visited = await visit(browser, `${server.url}/#${imageId}`, { width, scheme });
    await text(visited.page, '.facts div[data-fact=SSIMULACRA2] dd', /\d/);
    await text(visited.page, '.facts div[data-fact=Original] small', /×/);
    await text(visited.page, '.outcome [role=status]', /×/);
    await text(visited.page, '.thumbnails li:last-child small');
    await visited.page.screenshot({ path: join(OUT, `${width}-${scheme}.png`), fullPage: true });
    const overflow = await visited.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(overflow <= 0, `${width}: ${overflow} pixels too wide`);
    const { children } = await visited.page.accessibility.snapshot();
    const nameless = flat(children).filter(({ role, name }) => CONTROLS.has(role) && !name);
    assert.deepEqual(nameless, []);
    if (width === 360) {
      await visited.page.click('.back');
      await visited.page.screenshot({ path: join(OUT, `${width}-${scheme}-list.png`), fullPage: true });
    }
    assert.deepEqual(visited.problems, []);
    await visited.page.close();
  }
  assert.deepEqual(problems, []);
});

const CONTROLS = new Set(['button', 'link', 'slider', 'textbox', 'spinbutton', 'combobox', 'DisclosureTriangle']);
const flat = (nodes = []) => nodes.flatMap((node) => [node, ...flat(node.children)]);

test('a server with tokens is asked in the name of one', async () => {
  const guarded = await serve({ users: { tokens: { 'a-long-random-token': 'alice' } } });
  try {
    const { page, problems } = await visit(browser, guarded.url);
    for (const [token, then] of [['wrong', /not known/], ['a-long-random-token', /^No photos yet/]]) {
      await page.waitForSelector('#login[open]');
      await page.$eval('#login input', (input) => { input.value = ''; });
      await page.type('#login input', token);
      await page.keyboard.press('Enter');
      await text(page, token === 'wrong' ? '#login .problem' : '#none:not([hidden])', then);
    }
    await drop(page, [SEEDING]);
    await text(page, `${row('seeding.jpg')} .soft`, / → /);
    assert.match(await text(page, '.facts div[data-fact=SSIMULACRA2] dd', /\d/), /quality/);
    assert.deepEqual(problems, []);
  } finally {
    await guarded.stop();
  }
});
