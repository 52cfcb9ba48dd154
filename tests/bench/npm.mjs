// Compares the npm package with sharp and jSquash, in turn: a table of median CPU times. Usage: node npm.mjs FOLDER
// PHOTO ROUNDS
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const [packed, photo, rounds] = process.argv.slice(2);
const here = new URL('.', import.meta.url).pathname;
const TOOLS = ['darkroom', 'sharp', 'jsquash'];
// sharp's AVIF has 4:4:4 chroma by default; these are its defaults except for the effort, since Darkroom's are the
// fastest ones.
const JOBS = { 'webp-800': {}, thumbnails: {}, upload: {}, 'avif-800': { darkroom: ['75', '1'], sharp: ['50', '2'] } };

const folder = mkdtempSync(join(tmpdir(), 'darkroom-bench-'));
try {
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }');
  const file = readdirSync(packed).find((name) => name.endsWith('.tgz'));
  execFileSync('npm', ['install', '--silent', '--offline', '--no-audit', '--no-fund', join(packed, file)], { cwd: folder });
  for (const peer of readdirSync(join(here, 'node_modules'))) {
    if (!peer.startsWith('.')) symlinkSync(join(here, 'node_modules', peer), join(folder, 'node_modules', peer));
  }
  for (const name of ['job.mjs', ...TOOLS.map((tool) => `${tool}_jobs.mjs`)]) cpSync(join(here, name), join(folder, name));
  console.log(`| job | ${TOOLS.join(' | ')} |\n|---|${TOOLS.map(() => '---').join('|')}|`);
  for (const [job, settings] of Object.entries(JOBS)) {
    const times = Object.fromEntries(TOOLS.map((tool) => [tool, []]));
    for (let round = 0; round < Number(rounds); round++) {
      for (const tool of TOOLS) times[tool].push(measure(tool, job, settings[tool] ?? []));
    }
    const medians = TOOLS.map((tool) => median(times[tool]));
    const cells = medians.map((time) => `${time.toFixed(0)} ms (${(time / medians[0]).toFixed(2)})`);
    console.log(`| ${job} | ${cells.join(' | ')} |`);
  }
} finally {
  rmSync(folder, { recursive: true });
}

/** CPU milliseconds of the job, warm. */
function measure(tool, job, settings) {
  const told = execFileSync('node', ['--preserve-symlinks', `${tool}_jobs.mjs`, job, photo, folder, ...settings], { cwd: folder });
  return Number(told.toString().split(' ')[0]);
}

function median(values) {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}
