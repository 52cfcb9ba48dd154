// Installs the package from its file into an empty folder.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { cp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from '../../../tests/helpers.mjs';

export { fixture, kind, root, sample } from '../../../tests/helpers.mjs';

export const run = promisify(execFile);
export const tool = (name) => join(root, 'host/npm/tests/node_modules/.bin', name);
export const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');
export const photo = join(root, 'examples/photos/seeding.jpg');

const built = process.env.DARKROOM_NPM ?? join(root, 'target/npm');

/** A folder with `darkroom-image` installed, and `files`. */
export async function installed(files = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'darkroom-npm-'));
  process.on('exit', () => rmSync(folder, { recursive: true }));
  const packed = readdirSync(built).find((name) => name.endsWith('.tgz'));
  await writeFile(join(folder, 'package.json'), '{ "private": true, "type": "module" }');
  await run('npm', ['install', '--offline', '--ignore-scripts', '--no-audit', '--no-fund', join(built, packed)], { cwd: folder });
  for (const [name, from] of Object.entries(files)) await cp(from, join(folder, name));
  return folder;
}

/** The package's exports, as a program in that folder imports them. */
export const load = (folder, name = 'full') => import(join(folder, `node_modules/darkroom-image/src/${name}.node.js`));
