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
