// The published folder, copied to an empty place, with only Node on PATH: wrangler deploys and serves it.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { bytes, eventually, free, kind, root } from './harness.mjs';

const run = promisify(execFile);
const WRANGLER = join(root, 'edge/worker/node_modules/wrangler/bin/wrangler.js');

let place;
let options;
before(async () => {
  await run(join(root, 'scripts/package-worker.sh'), ['target/worker', 'target/worker-package/darkroom-worker'], { cwd: root });
  place = await mkdtemp(join(tmpdir(), 'darkroom-worker-'));
  const cwd = join(place, 'worker');
  await cp(join(root, 'target/worker-package/darkroom-worker'), cwd, { recursive: true });
  await mkdir(join(place, 'bin'));
  await symlink(process.execPath, join(place, 'bin/node'));
  const env = { PATH: join(place, 'bin'), HOME: place, CLOUDFLARE_CF_FETCH_ENABLED: 'false', WRANGLER_SEND_METRICS: 'false', CI: '1' };
  options = { cwd, env };
});
after(() => rm(place, { recursive: true }));

test('wrangler deploy takes it', async () => {
  const { stdout } = await run('node', [WRANGLER, 'deploy', '--dry-run'], options);
  assert.match(stdout, /--dry-run: exiting now/);
  for (const bucket of ['darkroom-raw', 'darkroom-processed', 'darkroom-thumbnails']) {
    assert.match(stdout, new RegExp(bucket));
    assert.match(await readFile(join(options.cwd, 'README.md'), 'utf8'), new RegExp(`r2 bucket create ${bucket}\\n`));
  }
});

test('wrangler dev serves an image of a local bucket', async () => {
  const photo = join(root, 'examples/photos/seeding.jpg');
  await run('node', [WRANGLER, 'r2', 'object', 'put', 'darkroom-raw/photo.jpg', '--file', photo, '--local'], options);
  const port = await free();
  const server = spawn('node', [WRANGLER, 'dev', '--port', String(port), '--ip', '127.0.0.1', '--inspector-port', '0'], {
    ...options,
    detached: true,
    stdio: 'ignore',
  });
  try {
    const ask = () => fetch(`http://127.0.0.1:${port}/image/width=80,format=webp/photo.jpg`).catch(() => undefined);
    const response = await eventually('an answer', ask, 120);
    assert.equal(response.status, 200);
    assert.equal(kind(await bytes(response)), 'webp');
  } finally {
    process.kill(-server.pid); // and its workerd
  }
});
