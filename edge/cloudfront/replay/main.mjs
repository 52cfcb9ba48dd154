// Writes the table of hit rates into docs/cloudfront.md, between its marks.
// Usage: node main.mjs FUNCTION PAGE
import { readFile, writeFile } from 'node:fs/promises';
import { keysOfKinds, replay } from './replay.mjs';

const REQUESTS = 1_000_000;
const GIB = 2 ** 30;
/** Photos, locations, the popularity's exponent, and GiB of each location's cache. */
const SETTINGS = [
  [100, 5, 0.6, 1],
  [100, 5, 1, 1],
  [100, 5, 1.2, 1],
  [1_000, 5, 0.6, 1],
  [1_000, 5, 0.8, 1],
  [1_000, 5, 1, 0.25],
  [1_000, 5, 1, 1],
  [1_000, 5, 1.2, 1],
  [1_000, 20, 1, 1],
  [10_000, 5, 0.6, 1],
  [10_000, 5, 1, 1],
  [10_000, 5, 1.2, 1],
];
const MARKS = ['<!-- replay -->\n', '<!-- end of replay -->'];

const [code, page] = process.argv.slice(2);
const keys = await keysOfKinds(code);
const percent = (share) => `${(share * 100).toFixed(1)}%`;
const lines = [
  '| photos | locations | skew | cache of a location | hits there, with | without ' +
    '| answered before the origins, with | without |',
  '|---|---|---|---|---|---|---|---|',
];
for (const [photos, locations, skew, room] of SETTINGS) {
  const setting = { requests: REQUESTS, photos, skew, locations, room: room * GIB, shared: 4 * GIB };
  const { normal, raw } = replay(keys, setting);
  const shares = [normal.hits, raw.hits, 1 - normal.misses, 1 - raw.misses].map(percent);
  lines.push(`| ${photos.toLocaleString('en')} | ${locations} | ${skew} | ${room} GiB | ${shares.join(' | ')} |`);
}
const text = await readFile(page, 'utf8');
const [before, rest] = text.split(MARKS[0]);
const after = rest?.split(MARKS[1])[1];
if (after === undefined) throw new Error(`${page}: the marks are missing`);
await writeFile(page, `${before}${MARKS[0]}\n${lines.join('\n')}\n\n${MARKS[1]}${after}`);
console.log(lines.join('\n'));
