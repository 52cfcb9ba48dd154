// The bundle that wrangler would upload, in workerd, with buckets of its own for each test file.
import { readFileSync, readdirSync } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Miniflare } from 'miniflare';

export const root = new URL('../../../', import.meta.url).pathname;
export const BUNDLE = join(root, 'target/worker');
export const CHROME = 'image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8';

export const fixture = (name) => readFile(join(root, 'tests/fixtures', name));
export const sample = (name) => readFile(join(root, 'examples/photos', name));
export const large = (name) => readFile(join(process.env.DARKROOM_CACHE, "photos", name));

const BUCKETS = { raw: { r2: 'RAW' }, processed: { r2: 'PROCESSED' }, thumbnails: { r2: 'THUMBNAILS' } };

/** The modules of the bundle, as Miniflare takes them. */
async function modules() {
  const names = (await readdir(BUNDLE)).filter((name) => /\.(m?js|wasm)$/.test(name));
  names.sort((a, b) => (b === 'main.js') - (a === 'main.js'));
  return Promise.all(
    names.map(async (path) => ({
      type: path.endsWith('.wasm') ? 'CompiledWasm' : 'ESModule',
      path,
      contents: path.endsWith('.wasm') ? await readFile(join(BUNDLE, path)) : await readFile(join(BUNDLE, path), 'utf8'),
    })),
  );
}

/** A running Worker with the given settings (wrangler.toml's `vars.DARKROOM`), secrets and objects by bucket and key. */
export async function start({ settings = {}, secrets = {}, objects = {}, port } = {}) {
  const miniflare = new Miniflare({
    host: '127.0.0.1',
    port,
    compatibilityDate: '2026-07-01',
    modules: await modules(),
    r2Buckets: ['RAW', 'PROCESSED', 'THUMBNAILS'],
    bindings: { DARKROOM: { buckets: BUCKETS, ...settings }, ...secrets },
  });
  const url = await miniflare.ready;
  const buckets = {};
  for (const name of ['RAW', 'PROCESSED', 'THUMBNAILS']) buckets[name] = await miniflare.getR2Bucket(name);
  for (const [key, bytes] of Object.entries(objects)) await buckets.RAW.put(key, bytes);
  return {
    url,
    buckets,
    get: (path, headers = {}, init = {}) =>
      fetch(new URL(path, url), { redirect: 'manual', ...init, headers: { accept: '*/*', ...headers } }),
    stop: () => miniflare.dispose(),
  };
}

/** The keys of a bucket. */
export async function keys(bucket) {
  return (await bucket.list()).objects.map(({ key }) => key).sort();
}

/** The same address under another host's name, which has a cache of its own. */
export const elsewhere = (path, worker) => Object.assign(new URL(path, worker.url), { hostname: 'localhost' });

/** The workerd processes that this one started. */
export function children() {
  const parent = (pid) => {
    try {
      return Number(/PPid:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
    } catch {
      return 0; // ended meanwhile
    }
  };
  return readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && parent(pid) === process.pid);
}

/** Their resident memory, in MiB. */
export function resident() {
  const kib = (pid) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  return Math.round(children().reduce((sum, pid) => sum + kib(pid), 0) / 1024);
}

/** Tries until `check` gives something, or says what never came. */
export async function eventually(what, check, seconds = 30) {
  for (const end = Date.now() + seconds * 1000; Date.now() < end; ) {
    const found = await check();
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`not within ${seconds} s: ${what}`);
}

/** What a file is, by its first bytes. */
export function kind(bytes) {
  const text = Buffer.from(bytes.subarray(0, 16)).toString('latin1');
  if (text.startsWith('\xff\xd8\xff')) return 'jpeg';
  if (text.startsWith('\x89PNG')) return 'png';
  if (text.startsWith('RIFF') && text.slice(8, 12) === 'WEBP') return 'webp';
  if (text.slice(4, 12) === 'ftypavif') return 'avif';
  if (text.startsWith('GIF8')) return 'gif';
  return text;
}

export const bytes = async (response) => new Uint8Array(await response.arrayBuffer());
