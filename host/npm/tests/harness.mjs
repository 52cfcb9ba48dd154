// The package, installed from its file into an empty folder.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from '../../../tests/helpers.mjs';
import { RECIPES } from './recipes.mjs';

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

/** The golden digests of the photo, by recipe. */
export async function golden() {
  const lines = (await readFile(join(root, 'tests/golden/outputs.txt'), 'utf8')).split('\n').map((line) => line.split(' '));
  const ofPhoto = lines.filter(([name]) => name.startsWith('seeding.jpg:')).map(([name, hash]) => [name.slice(12), hash]);
  const found = Object.fromEntries(ofPhoto.filter(([recipe]) => RECIPES.includes(recipe)));
  assert.equal(Object.keys(found).length, RECIPES.length);
  return found;
}

/** The package's exports, as a program in that folder gets them. */
export const load = (folder, name = 'full') => import(join(folder, `node_modules/darkroom-image/src/${name}.node.js`));
