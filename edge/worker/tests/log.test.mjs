// The log says why an image is missing or replaced, but not whose it is.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { bytes, eventually, fixture, large, sample, start } from './harness.mjs';

const SECRET = 'uploads/somebody/20260101_120000_0123456789abcdef_secret';
let worker;
before(async () => {
  const objects = {
    [`${SECRET}.jpg`]: await sample('seeding.jpg'),
    [`${SECRET}-large.jpg`]: await large('kleiber-20mp-baseline.jpg'),
    [`${SECRET}-broken.png`]: await fixture('bad/no-data.png'),
  };
  worker = await start({ objects, settings: { delivery: { avif: 'off' } } });
});
after(() => worker.stop());

const lines = (logs) => logs.map(({ level, message }) => ({ level, ...JSON.parse(message) }));

test('what is not made has its reason in the log, and the log names no key, user or URL', async () => {
  for (const [path, status, level, reason] of [
    [`format=png/${SECRET}-large.jpg`, 422, 'warn', /memory/],
    [`width=80,format=webp/${SECRET}-broken.png`, 422, 'warn', /^source: /],
    [`width=80,format=webp/${SECRET}-gone.jpg`, 404, 'warn', /^not found$/],
    [`width=somebody/${SECRET}.jpg`, 400, 'warn', /^an option of the URL$/],
  ]) {
    worker.logs.length = 0;
    const response = await worker.get(`/image/${path}`);
    await bytes(response);
    const line = await eventually(path, () => lines(worker.logs).find(({ message }) => message === 'not made'));
    assert.deepEqual([response.status, line.status, line.level], [status, status, level], path);
    assert.match(line.reason, reason, path);
    assert.doesNotMatch(JSON.stringify(worker.logs), /somebody|secret|\/image/, path);
  }
});

test('an image that stands in for another one has its reason there, too', async () => {
  worker.logs.length = 0;
  await bytes(await worker.get(`/image/width=1920,format=avif/${SECRET}-large.jpg`));
  const line = await eventually('a line', () => lines(worker.logs).find(({ message }) => message === 'another image stands in'));
  assert.match(line.reason, /memory/);
});

test('a slow origin is in the log with its time, and one that fails with its answer', async () => {
  const photo = await sample('seeding.jpg');
  const origin = createServer((request, response) => {
    if (request.url.includes('down')) return response.writeHead(503).end();
    setTimeout(() => response.writeHead(200, { 'content-type': 'image/jpeg' }).end(photo), 1200);
  });
  await new Promise((resolve) => origin.listen(0, '127.0.0.1', resolve));
  const address = `http://localhost:${origin.address().port}`;
  const other = await start({ settings: { delivery: { avif: 'off', remote_origins: [address] } } });
  try {
    assert.equal((await other.get(`/image/width=80,format=webp/${address}/somebody.jpg`)).status, 200);
    const slow = await eventually('a slow image', () => lines(other.logs).find(({ message }) => message === 'slow'));
    assert.match(slow.timing, /origin;desc=fetch;dur=1[2-9]/);
    assert.equal((await other.get(`/image/width=80,format=webp/${address}/down-somebody.jpg`)).status, 502);
    const failed = await eventually('a failure', () => lines(other.logs).find(({ message }) => message === 'not made'));
    assert.match(failed.reason, /503/);
    assert.doesNotMatch(JSON.stringify(other.logs), /somebody/);
  } finally {
    await other.stop();
    origin.close();
  }
});
