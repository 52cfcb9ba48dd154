// Features that only the Worker has: the Cache API, a version that names the component, and a response to a wrong
// configuration.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { bytes, eventually, keys, root, sample, start } from './harness.mjs';

let worker;
before(async () => {
  worker = await start({ objects: { 'site/second.jpg': await sample('seeding.jpg') } });
});
after(() => worker.stop());

test('the second answer comes from the cache: neither bucket nor component could give it', async () => {
  const path = '/image/width=400,format=webp/site/second.jpg';
  const first = await worker.get(path);
  const body = await bytes(first);
  await eventually('the cached answer', async () => (await worker.get(path)).headers.get('server-timing') === 'cache;desc=hit');
  await worker.buckets.RAW.put('site/second.jpg', 'no photo any more');
  for (const key of await keys(worker.buckets.PROCESSED)) {
    if (key.includes('second.jpg')) await worker.buckets.PROCESSED.delete(key);
  }
  const second = await worker.get(path);
  assert.equal(second.headers.get('server-timing'), 'cache;desc=hit');
  for (const name of ['etag', 'content-type', 'cache-control', 'content-disposition', 'last-modified']) {
    assert.equal(second.headers.get(name), first.headers.get(name), name);
  }
  assert.deepEqual(await bytes(second), body);
});

test('the version names the component', async () => {
  const version = await (await worker.get('/version')).json();
  const component = await readFile(join(root, 'target/darkroom/processor.wasm'));
  assert.equal(version.component, `sha256:${createHash('sha256').update(component).digest('hex')}`);
});

test('a wrong configuration is told to the log alone', async () => {
  const other = await start({ settings: { delivery: { moed: 'open' } } });
  try {
    const response = await other.get('/image/width=90/a.jpg');
    assert.equal(response.status, 500);
    assert.doesNotMatch(await response.text(), /moed/);
    assert.equal((await other.get('/health')).status, 200);
  } finally {
    await other.stop();
  }
});
