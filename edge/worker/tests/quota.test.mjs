// How much a client without a signature may have made, and stored.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytes, eventually, keys, sample, start } from './harness.mjs';

test('what an address may have made is counted; what is cached, stored or signed is not', async () => {
  const photo = await sample('seeding.jpg');
  const key = '0123456789abcdef';
  const worker = await start({ renders: 3, signingKeys: [key], objects: { 'site/a.jpg': photo } });
  try {
    // A minute of the limiter's own, so that none begins anew in between.
    const left = 60_000 - (Date.now() % 60_000);
    if (left < 30_000) await new Promise((resolve) => setTimeout(resolve, left));
    const from = (address) => ({ 'cf-connecting-ip': address });
    const get = async (width, address) => {
      const response = await worker.get(`/image/width=${width},format=webp/site/a.jpg`, from(address));
      await bytes(response);
      return response;
    };
    const statuses = [];
    for (const width of [101, 102, 103, 104, 105]) statuses.push((await get(width, '192.0.2.1')).status);
    assert.deepEqual(statuses, [200, 200, 200, 429, 429]);
    const refused = await get(106, '192.0.2.1');
    assert.deepEqual([refused.status, refused.headers.get('retry-after'), refused.headers.get('cache-control')],
      [429, '60', 'no-store']);
    assert.equal((await get(101, '192.0.2.1')).status, 200, 'it is cached');
    assert.equal((await get(107, '192.0.2.2')).status, 200, 'another address');
    for (const [number, address] of ['2001:db8::1', '2001:db8::2', '2001:db8:0:0:ffff::3'].entries()) {
      assert.equal((await get(110 + number, address)).status, 200);
    }
    assert.equal((await get(113, '2001:db8::4')).status, 429, 'the same network');
  } finally {
    await worker.stop();
  }
});

test('unsigned URLs store what is listed, and nothing else', async () => {
  const worker = await start({ objects: { 'site/a.jpg': await sample('seeding.jpg') } });
  try {
    const get = async (options) => bytes(await worker.get(`/image/${options}/site/a.jpg`, { accept: 'image/webp' }));
    for (const options of ['width=101', 'width=320,height=99', 'background=01020304,format=png,width=64', 'blur=1']) await get(options);
    for (const options of ['width=320', 'format=json,width=320', 'preset=small']) await get(options);
    const listed = ['format=json,width=320.json', 'preset=small.webp', 'width=320.webp'].map((name) => `variants/site/a.jpg/${name}`);
    await eventually('what is listed', async () => (await keys(worker.buckets.PROCESSED)).length >= listed.length);
    assert.deepEqual(await keys(worker.buckets.PROCESSED), listed);
  } finally {
    await worker.stop();
  }
});
