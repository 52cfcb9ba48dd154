// A short run of `make replay`.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { Cache } from '../replay/cache.mjs';
import { keysOfKinds, replay } from '../replay/replay.mjs';
import { root } from './harness.mjs';

const keys = await keysOfKinds(join(root, 'target/cloudfront/viewer-request.js'));

test('all spellings of a request have few keys', () => {
  const count = (side) => new Set(keys.rows.map((row) => row[side])).size;
  // Three classes for each of nine sizes and of the widths that scripts measure, which nothing rounds.
  assert.ok(count('normal') <= 3 * 9 * (1 + 40 + 10), `${count('normal')} keys`);
  assert.ok(count('raw') > 4_000, `${count('raw')} keys`);
});

for (const skew of [0.6, 1, 1.2]) {
  test(`more requests are hits with the function than without, skew ${skew}`, () => {
    const setting = { requests: 30_000, photos: 20, skew, locations: 2, room: 2 ** 28, shared: 2 ** 30 };
    const { normal, raw } = replay(keys, setting);
    assert.ok(normal.hits > 0.85, `${normal.hits}`);
    assert.ok(raw.hits < normal.hits - 0.2, `${raw.hits}`);
    assert.ok(normal.misses < raw.misses);
    assert.deepEqual(replay(keys, setting), { normal, raw }, 'the same in every run');
  });
}

test('a cache lets go of what was longest unused', () => {
  const cache = new Cache(2);
  const hits = ['a', 'b', 'a', 'c', 'a', 'b'].map((key) => cache.ask(key, 1));
  assert.deepEqual(hits, [false, false, true, false, true, false]);
});
