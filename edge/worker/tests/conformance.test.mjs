// R2 and S3 pass the store conformance suite, edge/delivery/src/store/conformance.rs, in the Worker itself.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { root, s3, start } from './harness.mjs';

const bundle = join(root, 'target/worker-conformance');

async function check(options) {
  const worker = await start({ bundle, ...options });
  try {
    const answer = await worker.get('/conformance');
    assert.deepEqual([answer.status, await answer.text()], [200, 'as every store\n'], JSON.stringify(worker.logs));
  } finally {
    await worker.stop();
  }
}

test('R2 is a store', () => check({}));

test('S3 is a store', async () => {
  const { s3: settings, secrets, stop } = await s3(['raw', 'processed', 'thumbnails']);
  try {
    await check({
      settings: {
        buckets: { raw: { s3: 'raw' }, processed: { s3: 'processed' }, thumbnails: { s3: 'thumbnails' } },
        s3: settings,
      },
      secrets,
    });
  } finally {
    stop();
  }
});
