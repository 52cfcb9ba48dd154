// AVIF later: WebP at once, and AVIF once it is stored.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CHROME, bytes, eventually, kind, sample } from '../helpers.mjs';
import { beyondAvif, start } from './shell.mjs';

test('in the background', async () => {
  const shell = await start({ objects: { 'a.jpg': await sample('seeding.jpg') } });
  try {
    const path = '/image/width=320/a.jpg';
    const first = await shell.get(path, { accept: CHROME });
    assert.equal(kind(await bytes(first)), 'webp');
    assert.equal(first.headers.get('cache-control'), 'public, max-age=60');
    const stored = await eventually('the AVIF', () => shell.stored('processed', 'variants/a.jpg/width=320.avif'));
    assert.equal(stored.type, 'image/avif');
    // A cache keeps the WebP for its minute.
    const next = await shell.get(shell.fresh(path), { accept: CHROME });
    assert.equal(kind(await bytes(next)), 'avif');
    assert.match(next.headers.get('cache-control'), /s-maxage=2592000/);
  } finally {
    await shell.stop();
  }
});

test('what is too large for AVIF gets WebP for good', async () => {
  // Nobody signs here, and the configuration lists no height.
  const settings = { delivery: { store: 'all' } };
  const shell = await start({ settings, objects: { 'a.jpg': await sample('seeding.jpg') } });
  try {
    const path = `/image/width=3840,height=${beyondAvif.height},fit=cover/a.jpg`;
    const first = await shell.get(path, { accept: CHROME });
    assert.equal(kind(await bytes(first)), 'webp');
    const key = `variants/a.jpg/fit=cover,height=${beyondAvif.height},width=3840.avif`;
    const stored = await eventually('a stand-in', () => shell.stored('processed', key));
    assert.equal(stored.type, 'image/webp');
    const next = await shell.get(shell.fresh(path), { accept: CHROME });
    assert.equal(kind(await bytes(next)), 'webp');
    assert.match(next.headers.get('cache-control'), /s-maxage=2592000/);
  } finally {
    await shell.stop();
  }
});

test('waited for, or off', async () => {
  for (const [avif, expected] of [['wait', 'avif'], ['off', 'webp']]) {
    const shell = await start({ settings: { delivery: { avif } }, objects: { 'a.jpg': await sample('seeding.jpg') } });
    try {
      const response = await shell.get('/image/width=320/a.jpg', { accept: CHROME });
      assert.equal(kind(await bytes(response)), expected, avif);
    } finally {
      await shell.stop();
    }
  }
});
