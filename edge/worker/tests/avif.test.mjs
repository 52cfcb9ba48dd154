// AVIF later: WebP at once, and AVIF when it is there.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CHROME, bytes, elsewhere, eventually, kind, sample, start } from './harness.mjs';

test('in the background', async () => {
  const worker = await start({ objects: { 'a.jpg': await sample('seeding.jpg') } });
  try {
    const path = '/image/width=320/a.jpg';
    const first = await worker.get(path, { accept: CHROME });
    assert.equal(kind(await bytes(first)), 'webp');
    assert.equal(first.headers.get('cache-control'), 'public, max-age=60');
    const stored = await eventually('the AVIF', () => worker.buckets.PROCESSED.head('variants/a.jpg/format=avif,width=320.avif'));
    assert.equal(stored.httpMetadata.contentType, 'image/avif');
    // The cache of this host keeps the WebP for its minute; another one has nothing yet.
    const next = await worker.get(elsewhere(path, worker), { accept: CHROME });
    assert.equal(kind(await bytes(next)), 'avif');
    assert.match(next.headers.get('cache-control'), /s-maxage=2592000/);
  } finally {
    await worker.stop();
  }
});

test('what is too large for AVIF gets WebP for good', async () => {
  const worker = await start({ objects: { 'a.jpg': await sample('seeding.jpg') } });
  try {
    const path = '/image/width=3840,height=3840,fit=contain/a.jpg'; // 9.8 megapixels
    const first = await worker.get(path, { accept: CHROME });
    assert.equal(kind(await bytes(first)), 'webp');
    const key = 'variants/a.jpg/fit=contain,format=avif,height=3840,width=3840.avif';
    const stored = await eventually('a stand-in', () => worker.buckets.PROCESSED.head(key));
    assert.equal(stored.httpMetadata.contentType, 'image/webp');
    const next = await worker.get(elsewhere(path, worker), { accept: CHROME });
    assert.equal(kind(await bytes(next)), 'webp');
    assert.match(next.headers.get('cache-control'), /s-maxage=2592000/);
  } finally {
    await worker.stop();
  }
});

test('waited for, or off', async () => {
  for (const [avif, expected] of [['wait', 'avif'], ['off', 'webp']]) {
    const worker = await start({ settings: { delivery: { avif } }, objects: { 'a.jpg': await sample('seeding.jpg') } });
    try {
      const response = await worker.get('/image/width=320/a.jpg', { accept: CHROME });
      assert.equal(kind(await bytes(response)), expected, avif);
    } finally {
      await worker.stop();
    }
  }
});
