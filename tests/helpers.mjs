// Shared code of the JavaScript tests.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';

export const root = new URL('../', import.meta.url).pathname;
export const CHROME = 'image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8';

export const fixture = (name) => readFile(join(root, 'tests/fixtures', name));
export const sample = (name) => readFile(join(root, 'examples/photos', name));
export const bytes = async (response) => new Uint8Array(await response.arrayBuffer());

/** Sends a request, and returns the response as it is, redirects included. */
export const client = (url) => (path, headers = {}, init = {}) =>
  fetch(new URL(path, url), { redirect: 'manual', ...init, headers: { accept: '*/*', ...headers } });

/** Retries until `check` returns something, or fails with the name of the missing event. */
export async function eventually(what, check, seconds = 30) {
  for (const end = Date.now() + seconds * 1000; Date.now() < end; ) {
    const found = await check();
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`not within ${seconds} s: ${what}`);
}

/** A file's type, by its first bytes. */
export function kind(bytes) {
  const text = Buffer.from(bytes.subarray(0, 16)).toString('latin1');
  if (text.startsWith('\xff\xd8\xff')) return 'jpeg';
  if (text.startsWith('\x89PNG')) return 'png';
  if (text.startsWith('RIFF') && text.slice(8, 12) === 'WEBP') return 'webp';
  if (text.slice(4, 12) === 'ftypavif') return 'avif';
  if (text.startsWith('GIF8')) return 'gif';
  if (text.startsWith('\xff\x0a') || text.slice(4, 12) === 'JXL \r\n\x87\n') return 'jxl';
  return text;
}

/** A port on which nobody listens. */
export async function free() {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((ready) => server.once('listening', ready));
  const { port } = server.address();
  await new Promise((closed) => server.close(closed));
  return port;
}
