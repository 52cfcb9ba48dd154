// The sum that Cloudflare limits: "128 MB (JavaScript heap and WebAssembly memory)" for an isolate, regardless of its
// number of requests (developers.cloudflare.com/workers/platform/limits, "Memory"). workerd doesn't enforce it, so this
// test adds it up.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { bytes, large, root, s3, start } from './harness.mjs';

const LIMIT = 128_000_000;
const SOURCE = 8 << 20; // limits.memory: the most that the core may use for another photo
const CORE = 74 << 20; // limits.memory: what the core may come to with some other photo
const NAMES = ['a.jpg', 'b.jpg'];

/** A JPEG of exactly this many bytes: comments of up to 64 KiB after its first marker. */
function padded(jpeg, length) {
  const parts = [jpeg.subarray(0, 2)];
  for (let left = length - jpeg.length; left > 0; ) {
    // Leave no rest that is too short for its own comment.
    const part = Buffer.alloc(left <= 65_537 ? left : Math.min(65_537, left - 4));
    part.writeUInt16BE(0xfffe, 0);
    part.writeUInt16BE(part.length - 2, 2);
    parts.push(part);
    left -= part.length;
  }
  return Buffer.concat([...parts, jpeg.subarray(2)]);
}

let folder, server;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'isolate-'));
  const photo = join(folder, 'photo.jpg');
  await writeFile(photo, padded(await large('kleiber-20mp-baseline.jpg'), SOURCE));
  server = await s3(['all'], Object.fromEntries(NAMES.map((name) => [name, photo])));
});
after(async () => {
  server.stop();
  await rm(folder, { recursive: true });
});

/** Samples the JavaScript heap and its buffers whenever the isolate allows it, and keeps the maximum. */
async function watch(worker) {
  const targets = await (await fetch(new URL('/json', String(await worker.inspector()).replace(/^ws/, 'http')))).json();
  const { webSocketDebuggerUrl } = targets.find(({ title }) => title.includes('core:user'));
  const socket = new WebSocket(webSocketDebuggerUrl);
  await once(socket, 'open');
  let most = 0;
  let looks = 0;
  socket.addEventListener('message', ({ data }) => {
    const { result } = JSON.parse(data);
    if (!result) return;
    looks += 1;
    most = Math.max(most, result.totalSize + result.embedderHeapUsedSize + result.backingStorageSize);
  });
  const timer = setInterval(() => socket.send(JSON.stringify({ id: 1, method: 'Runtime.getHeapUsage' })), 5);
  return {
    most: () => {
      assert.ok(looks > 20, `${looks} looks`);
      return most;
    },
    end: () => {
      clearInterval(timer);
      socket.close();
    },
  };
}

const BUCKETS = {
  R2: {},
  S3: { raw: { s3: 'all' }, processed: { s3: 'all' }, thumbnails: { s3: 'all' } },
};
for (const [name, buckets] of Object.entries(BUCKETS)) {
  test(`two requests about the largest originals, in ${name}, stay below 128 MB`, async () => {
    const photo = padded(await large('kleiber-20mp-baseline.jpg'), SOURCE);
    const worker = await start({
      watched: true,
      objects: name === 'R2' ? Object.fromEntries(NAMES.map((key) => [key, photo])) : {},
      settings: {
        limits: { origin_ms: 120_000, queue_ms: 120_000 }, // this machine may be slow
        delivery: { avif: 'off' },
        ...(name === 'S3' && { buckets, s3: server.s3 }),
      },
      secrets: server.secrets,
    });
    const heap = await watch(worker);
    try {
      for (const options of ['width=1600,format=png', 'width=2000,quality=95,format=webp']) {
        const answers = await Promise.all(NAMES.map((key) => worker.get(`/image/${options}/${key}`)));
        for (const answer of answers) {
          assert.equal(answer.status, 200, options);
          assert.ok((await bytes(answer)).length < 4 << 20);
        }
      }
      await new Promise((resolve) => setTimeout(resolve, 1000)); // for storing and caching after the response
      const memories = await (await worker.get('/memories')).json();
      assert.equal(memories.length, 2); // the core's, and then the shell's
      const [, shell] = memories;
      const sum = heap.most() + shell + CORE;
      const mb = (bytes) => (bytes / 1e6).toFixed(1);
      console.log(`${name}: heap and buffers ${mb(heap.most())} MB, the shell's memory ${mb(shell)} MB, the core's at most ${mb(CORE)} MB: ${mb(sum)} MB`);
      assert.ok(sum < LIMIT, `${mb(sum)} MB`);
    } finally {
      heap.end();
      await worker.stop();
    }
  });
}

test('the core is built with the memory that the sum has, and the limits are the defaults', async () => {
  const worker = await start();
  try {
    const { pages } = await import(join(root, 'edge/worker/build/memory.js'));
    assert.equal(pages.maximum * 65_536, CORE);
    await worker.buckets.RAW.put('long.jpg', new Uint8Array(SOURCE + 1));
    const refused = await worker.get('/image/width=80,format=webp/long.jpg');
    assert.equal(refused.status, 422);
    assert.match(await refused.text(), new RegExp(`${SOURCE + 1}, must be at most ${SOURCE}`));
  } finally {
    await worker.stop();
  }
});
