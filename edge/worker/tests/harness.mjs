// The bundle that wrangler would upload, in workerd, with separate buckets for each test file.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readdirSync } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Miniflare } from 'miniflare';
import { client, root } from '../../../tests/helpers.mjs';

export * from '../../../tests/helpers.mjs';

export const BUNDLE = join(root, 'target/worker');
export const large = (name) => readFile(join(process.env.DARKROOM_CACHE, "photos", name));

const BUCKETS = { raw: { r2: 'RAW' }, processed: { r2: 'PROCESSED' }, thumbnails: { r2: 'THUMBNAILS' } };

/** Runs before the bundle: a Worker that records each WebAssembly memory and reports their sizes. */
const WATCHED = [
  {
    type: 'ESModule',
    path: 'watched.js',
    contents: `import './watch.js';
      import worker from './main.js';
      const sizes = () => Response.json(globalThis.memories.map(({ buffer }) => buffer.byteLength));
      export default {
        fetch: (request, ...rest) => (new URL(request.url).pathname === '/memories' ? sizes() : worker.fetch(request, ...rest)),
      };`,
  },
  {
    type: 'ESModule',
    path: 'watch.js',
    contents: `const { Memory, Instance } = WebAssembly;
      globalThis.memories = [];
      const seen = (memory) => globalThis.memories.includes(memory) || globalThis.memories.push(memory);
      const watch = (kind, found) => new Proxy(kind, {
        construct(target, values) {
          const made = Reflect.construct(target, values);
          found(made).filter((value) => value instanceof Memory).forEach(seen);
          return made;
        },
      });
      WebAssembly.Memory = watch(Memory, (memory) => [memory]);
      WebAssembly.Instance = watch(Instance, ({ exports }) => Object.values(exports));`,
  },
];

/** The modules of the bundle, as Miniflare takes them. */
async function modules(bundle) {
  const names = (await readdir(bundle)).filter((name) => /\.(m?js|wasm)$/.test(name));
  names.sort((a, b) => (b === 'main.js') - (a === 'main.js'));
  return Promise.all(
    names.map(async (path) => ({
      type: path.endsWith('.wasm') ? 'CompiledWasm' : 'ESModule',
      path,
      contents: path.endsWith('.wasm') ? await readFile(join(bundle, path)) : await readFile(join(bundle, path), 'utf8'),
    })),
  );
}

/**
 * A running Worker with the given settings (wrangler.toml's `vars.DARKROOM`), secrets and originals by key, as a shell
 * of tests/delivery.
 */
export async function start({ renders, settings = {}, secrets = {}, signingKeys, objects = {}, port, watched = false, bundle = BUNDLE } = {}) {
  const logs = [];
  const miniflare = new Miniflare({
    host: '127.0.0.1',
    port,
    compatibilityDate: '2026-07-01',
    modules: [...(watched ? WATCHED : []), ...(await modules(bundle))],
    inspectorPort: watched ? 0 : undefined,
    handleStructuredLogs: ({ level, message }) => void logs.push({ level, message }),
    r2Buckets: ['RAW', 'PROCESSED', 'THUMBNAILS'],
    ratelimits: renders && { RENDERS: { namespace_id: '1', simple: { limit: renders, period: 60 } } },
    bindings: { DARKROOM: { buckets: BUCKETS, ...settings }, ...secrets, ...(signingKeys && { SIGNING_KEYS: signingKeys.join(' ') }) },
  });
  const url = await miniflare.ready;
  const buckets = {};
  for (const name of ['RAW', 'PROCESSED', 'THUMBNAILS']) buckets[name] = await miniflare.getR2Bucket(name);
  const put = (key, bytes) => buckets.RAW.put(key, bytes);
  for (const [key, bytes] of Object.entries(objects)) await put(key, bytes);
  return {
    url,
    logs,
    inspector: () => miniflare.getInspectorURL(),
    buckets,
    put,
    get: client(url),
    stored: async (bucket, key) => {
      const object = await buckets[bucket.toUpperCase()].head(key);
      return object && { type: object.httpMetadata.contentType, metadata: Object.keys(object.customMetadata).sort() };
    },
    // Another host has another cache.
    fresh: (path) => Object.assign(new URL(path, url), { hostname: 'localhost' }),
    stop: () => miniflare.dispose(),
  };
}

/** An S3 server that verifies signatures, with these buckets; the first of them holds these files by their keys. */
export async function s3(buckets, files = {}) {
  const [id, secret] = ['AKIADARKROOM', 'a secret of the tests'];
  const server = spawn(join(root, 'target/release/darkroom-s3'), [buckets.join(','), id, secret, ...Object.entries(files).flat()]);
  const [line] = await once(server.stdout, 'data');
  return {
    s3: { endpoint: String(line).trim(), region: 'eu-central-1' },
    secrets: { S3_ACCESS_KEY_ID: id, S3_SECRET_ACCESS_KEY: secret },
    stop: () => server.stdin.end(),
  };
}

/** The keys of a bucket. */
export async function keys(bucket) {
  return (await bucket.list()).objects.map(({ key }) => key).sort();
}

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
