// Loads the Worker in workerd, and compares it with Workers built on other libraries that do the same job: a WebP of
// 800 pixels from a progressive photo of 13 megapixels. Prints a table, and writes worker.json into FOLDER.
// Usage: node bench.mjs FOLDER [SECONDS]
import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { Miniflare } from 'miniflare';
import { children, large, resident, start } from '../tests/harness.mjs';

const [folder, seconds = '30'] = process.argv.slice(2);
const here = new URL('.', import.meta.url).pathname;
const photo = await large('dragonfly-13mp-progressive.jpg');
const CONNECTIONS = 4;
await mkdir(folder, { recursive: true });

/** A contender: its nth request, and how to stop it. */
async function ours(path) {
  const worker = await start({ objects: { 'photo.jpg': photo }, settings: { delivery: { avif: 'off', widths: [800] } } });
  return { url: worker.url, path, stop: worker.stop };
}

async function peer(name) {
  const { outputFiles } = await build({
    entryPoints: [join(here, `${name}.mjs`)],
    outdir: folder,
    bundle: true,
    write: false,
    format: 'esm',
    conditions: ['workerd', 'worker', 'browser'],
    loader: { '.wasm': 'copy' },
    logLevel: 'error',
  });
  const modules = outputFiles.map(({ path, contents, text }) =>
    path.endsWith('.wasm')
      ? { type: 'CompiledWasm', path: path.split('/').at(-1), contents }
      : { type: 'ESModule', path: path.split('/').at(-1), contents: text },
  );
  modules.sort((a, b) => (b.type === 'ESModule') - (a.type === 'ESModule'));
  const miniflare = new Miniflare({ host: '127.0.0.1', compatibilityDate: '2026-07-01', modules, r2Buckets: ['RAW'] });
  const url = await miniflare.ready;
  await (await miniflare.getR2Bucket('RAW')).put('photo.jpg', photo);
  return { url, path: () => '/', stop: () => miniflare.dispose() };
}

/** Four connections that send requests as fast as they get responses, for this many seconds. */
async function load({ url, path }) {
  const times = [];
  let errors = 0;
  let n = 0;
  const first = await (await fetch(new URL(path(n++), url))).arrayBuffer();
  const [cpu, began] = [used(), performance.now()];
  const end = began + seconds * 1000;
  const connection = async () => {
    while (performance.now() < end) {
      const started = performance.now();
      try {
        const response = await fetch(new URL(path(n++), url));
        await response.arrayBuffer();
        times.push(performance.now() - started);
        if (response.status !== 200 || response.headers.has('darkroom-reason')) errors++;
      } catch {
        errors++; // the connection broke: one that is crashed is not asked in a tight loop
        await new Promise((resolve) => setTimeout(resolve, 1000));
      }
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, connection));
  const elapsed = (performance.now() - began) / 1000;
  times.sort((a, b) => a - b);
  const quantile = (q) => times[Math.min(times.length - 1, Math.floor(times.length * q))] ?? NaN;
  return {
    requestsPerSecond: times.length / elapsed,
    cpuMs: (used() - cpu) / times.length,
    p50: quantile(0.5),
    p95: quantile(0.95),
    p99: quantile(0.99),
    errors,
    bytes: first.byteLength,
    residentMiB: resident(),
  };
}

/** CPU milliseconds of workerd so far. */
function used() {
  const ticks = (pid) => readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ').slice(11, 13).map(Number);
  return children().flatMap(ticks).reduce((a, b) => a + b, 0) * 10;
}

const CONTENDERS = [
  ['Darkroom, cached', () => ours(() => '/image/width=800,format=webp/photo.jpg')],
  // A different height each time: neither the cache nor the store has it.
  ['Darkroom, uncached', () => ours((n) => `/image/width=800,height=${540 + n},fit=squeeze,format=webp/photo.jpg`)],
  ['photon, uncached', () => peer('photon')],
  ['jSquash, uncached', () => peer('jsquash')],
];

const rows = [];
for (const [name, open] of CONTENDERS) {
  process.stderr.write(`${name}: ${seconds} s\n`);
  const contender = await open();
  try {
    rows.push({ name, ...(await load(contender)) });
  } finally {
    await contender.stop();
  }
}
await writeFile(join(folder, 'worker.json'), `${JSON.stringify({ seconds: Number(seconds), rows }, null, 2)}\n`);
const head = ['Worker', 'req/s', 'CPU ms', 'p50 ms', 'p95 ms', 'p99 ms', 'errors', 'bytes', 'MiB'];
const lines = [head];
for (const row of rows) {
  const numbers = [row.requestsPerSecond, row.cpuMs, row.p50, row.p95, row.p99].map((value) => value.toFixed(1));
  lines.push([row.name, ...numbers, String(row.errors), String(row.bytes), row.residentMiB.toFixed(0)]);
}
const widths = head.map((_, column) => Math.max(...lines.map((line) => line[column].length)));
for (const line of lines) {
  console.log(line.map((text, column) => (column ? text.padStart(widths[column]) : text.padEnd(widths[0]))).join('  '));
}
