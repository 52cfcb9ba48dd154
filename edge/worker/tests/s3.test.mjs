// Buckets that speak S3, on a server that verifies signatures.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { bytes, kind, root, s3, start } from './harness.mjs';

let server;
before(async () => {
  server = await s3(['all'], { 'a.jpg': join(root, 'examples/photos/seeding.jpg') });
});
after(() => server.stop());

/** A Worker on that server, with the given secrets. */
const on = (secrets) =>
  start({
    settings: {
      buckets: { raw: { s3: 'all' }, processed: { s3: 'all' }, thumbnails: { s3: 'all' } },
      s3: server.s3,
    },
    secrets,
  });

test('originals are read and renditions kept by signed requests', async () => {
  const [first, second] = [await on(server.secrets), await on(server.secrets)];
  try {
    const path = '/image/width=320,format=webp/a.jpg';
    const made = await first.get(path);
    assert.match(made.headers.get('server-timing'), /^store;desc=miss/);
    const body = await bytes(made);
    assert.equal(kind(body), 'webp');
    // The other Worker has an empty cache, and finds the object that this one stored after its response.
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const found = await second.get(path);
    assert.match(found.headers.get('server-timing'), /^store;desc=hit/);
    assert.deepEqual(await bytes(found), body);
    assert.equal(found.headers.get('etag'), made.headers.get('etag'));
    assert.equal((await first.get('/image/width=320,format=webp/missing.jpg')).status, 404);
  } finally {
    await Promise.all([first.stop(), second.stop()]);
  }
});

test('a wrong secret finds nothing', async () => {
  const worker = await on({ ...server.secrets, S3_SECRET_ACCESS_KEY: 'another secret' });
  try {
    assert.equal((await worker.get('/image/width=320,format=webp/a.jpg')).status, 404);
  } finally {
    await worker.stop();
  }
});

test('a secret that is missing is an error that names it to the log alone', async () => {
  const worker = await start({
    settings: { buckets: { raw: { s3: 'all' }, processed: { s3: 'all' }, thumbnails: { s3: 'all' } }, s3: server.s3 },
  });
  try {
    const response = await worker.get('/image/width=320,format=webp/a.jpg');
    assert.equal(response.status, 500);
    assert.equal(await response.text(), 'internal error\n');
  } finally {
    await worker.stop();
  }
});
