// Every block of README.md runs as written, in a folder with a photo and with the output that `make` would have built.
//
// Three programs are replaced: `make` does a dry run, `npx wrangler` deploys to nowhere, and `pip` takes wheels from a
// folder. tests/tests/project/readme.rs has the example in Rust.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { chmod, cp, mkdir, mkdtemp, readFile, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { eventually, free, kind, root } from '../helpers.mjs';

const run = promisify(execFile);
const readme = await readFile(join(root, 'README.md'), 'utf8');
const blocks = [...readme.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(([, language, text]) => ({ language, text }));
const WRANGLER = join(root, 'edge/worker/node_modules/wrangler/bin/wrangler.js');
const PROGRAMS = {
  make: `exec /usr/bin/make --dry-run --directory ${root} "$@" >/dev/null`,
  npx: `shift; exec node ${WRANGLER} "$@" --dry-run >&2`,
  wasmtime: `exec ${process.env.DARKROOM_CACHE}/tests-venv/bin/wasmtime "$@"`,
};
const BUILT = {
  release: 'release',
  darkroom: 'darkroom',
  npm: 'npm-test',
  python: 'python-test',
  'worker-package': 'worker-package',
};

let folder;
let env;
let port;
before(async () => {
  port = await free();
  folder = await mkdtemp(join(tmpdir(), 'darkroom-readme-'));
  for (const name of ['bin', 'target']) await mkdir(join(folder, name));
  for (const [name, built] of Object.entries(BUILT)) await symlink(join(root, 'target', built), join(folder, 'target', name));
  await symlink(join(root, 'examples/photos'), join(folder, 'photos'));
  await cp(join(root, 'examples/photos/seeding.jpg'), join(folder, 'photo.jpg'));
  await writeFile(join(folder, 'package.json'), '{ "private": true, "type": "module" }');
  for (const [name, text] of Object.entries(PROGRAMS)) {
    await writeFile(join(folder, 'bin', name), `#!/bin/bash\n${text}\n`);
    await chmod(join(folder, 'bin', name), 0o755);
  }
  const quiet = { CLOUDFLARE_CF_FETCH_ENABLED: 'false', WRANGLER_SEND_METRICS: 'false', npm_config_offline: 'true', npm_config_audit: 'false' };
  const wheels = { PIP_NO_INDEX: '1', PIP_FIND_LINKS: process.env.DARKROOM_WHEELS, PIP_DISABLE_PIP_VERSION_CHECK: '1' };
  env = { ...process.env, ...quiet, ...wheels, DARKROOM__LISTEN: `127.0.0.1:${port}`, PATH: `${join(folder, 'bin')}:${process.env.PATH}` };
});
after(() => rm(folder, { recursive: true, force: true }));

const shell = (text) => run('bash', ['-euo', 'pipefail', '-c', text], { cwd: folder, env });
const file = (name) => readFile(join(folder, name));

/** Waits until a server answers; runs everything else to its end. */
async function sh(text) {
  if (!text.includes('darkroom serve')) return shell(text);
  const server = spawn('bash', ['-c', `exec ${text}`], { cwd: folder, env, stdio: 'ignore' });
  try {
    await eventually('the server', () => fetch(`http://127.0.0.1:${port}/ready`).then(({ ok }) => ok, () => false));
  } finally {
    server.kill();
    await new Promise((ended) => server.once('exit', ended));
  }
}

const RUN = {
  sh,
  js: async (text) => {
    await writeFile(join(folder, 'block.mjs'), text);
    return run('node', ['block.mjs'], { cwd: folder, env });
  },
  python: (text) => run(join(folder, 'venv/bin/python'), ['-c', text], { cwd: folder, env }),
  rust: async () => assert.match(await readFile(join(root, 'tests/tests/project/readme.rs'), 'utf8'), /README's example/),
};

test('one block is a picture, and there is one for each kind of user', () => {
  const [picture, ...others] = blocks.filter(({ language }) => !language);
  assert.match(picture.text, /imports nothing/);
  assert.deepEqual(others, []);
  const first = readme.slice(0, readme.indexOf('## On AWS'));
  for (const words of ['npm install', 'pip install', 'darkroom process', 'darkroom serve', 'wrangler deploy', '```rust']) {
    assert.ok(first.includes(words), words);
  }
});

for (const { language, text } of blocks.filter(({ language }) => language)) {
  test(`${language}: ${text.split('\n')[0]}`, () => RUN[language](text));
}

test('the blocks left what they say', async () => {
  assert.equal(kind(await file('thumbnail.webp')), 'webp');
  assert.equal(kind(await file('out.webp')), 'webp');
  assert.ok((await stat(join(folder, 'web'))).isDirectory());
  assert.ok((await readdir(join(folder, 'small'), { recursive: true })).some((name) => name.endsWith('.avif')));
});
