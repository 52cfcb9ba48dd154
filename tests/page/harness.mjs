// `darkroom serve` as built, and Chromium.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { root } from '../helpers.mjs';

export { root } from '../helpers.mjs';
export { serve } from '../serve.mjs';

// The Worker's tests have it already.
const { default: puppeteer } = createRequire(join(root, 'edge/worker/package.json'))('puppeteer-core');

export const browse = () =>
  puppeteer.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] });

/** A page that records its errors: exceptions, and requests that the policy has refused. */
export async function visit(browser, url, { width = 1280, scheme = 'light' } = {}) {
  const page = await browser.newPage();
  const problems = [];
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('console', (message) => {
    if (/Content Security Policy/.test(message.text())) problems.push(message.text());
  });
  await page.setViewport({ width, height: 900 });
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
  await page.goto(url);
  return { page, problems };
}

/** Drops files of the repository, like a desktop. */
export async function drop(page, paths) {
  const files = await Promise.all(paths.map(async ([path, type]) =>
    ({ name: path.split('/').pop(), type, content: (await readFile(join(root, path))).toString('base64') })));
  await page.evaluate((files) => {
    const transfer = new DataTransfer();
    for (const { name, type, content } of files) {
      const bytes = Uint8Array.from(atob(content), (character) => character.charCodeAt(0));
      transfer.items.add(new File([bytes], name, { type }));
    }
    document.querySelector('#drop').dispatchEvent(
      new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true }));
  }, files);
}

/** Waits until an element has the expected text, and returns it. */
export async function text(page, selector, wanted = /./) {
  const found = await page.waitForFunction((selector, wanted) => {
    const text = document.querySelector(selector)?.textContent ?? '';
    return new RegExp(wanted).test(text) && text;
  }, { timeout: 60_000, polling: 50 }, selector, wanted.source);
  return found.jsonValue();
}

/** As `<img>` shows what is at a URL: what a canvas gives back of it, in the page. */
export const pixels = (page, url) => page.evaluateHandle(async (url) => {
  const image = new Image();
  image.src = url;
  await image.decode();
  const { naturalWidth: width, naturalHeight: height } = image;
  const context = new OffscreenCanvas(width, height).getContext('2d');
  context.drawImage(image, 0, 0);
  return context.getImageData(0, 0, width, height);
}, url);

/** How far two of them are apart: the most of any sample as it is composed, in alpha, and the mean. */
export const apart = (page, one, other) => page.evaluate((one, other) => {
  if (one.width !== other.width || one.height !== other.height) return `${one.width} × ${one.height}`;
  let [most, alpha, sum] = [0, 0, 0];
  for (let at = 0; at < one.data.length; at++) {
    const of = ({ data }) => (at % 4 === 3 ? data[at] : (data[at] * data[at | 3]) / 255);
    const distance = Math.abs(of(one) - of(other));
    sum += distance;
    most = Math.max(most, distance);
    if (at % 4 === 3) alpha = Math.max(alpha, distance);
  }
  return { most, alpha, mean: sum / one.data.length };
}, one, other);
