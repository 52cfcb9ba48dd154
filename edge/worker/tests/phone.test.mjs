// What phones and cameras make, 12 megapixels each, in the memory that a Worker has: reduced while it is decoded, or refused
// by name.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { bytes, kind, root, start } from './harness.mjs';

const CORE = 74 << 20; // limits.memory

let worker;
let folder;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'phone-'));
  execFileSync(join(process.env.DARKROOM_CACHE, 'tests-venv/bin/python'), [join(root, 'tests/fixtures/large.py'), folder]);
  const objects = {};
  for (const name of ['phone.heic', 'large.avif', 'large.jxl']) objects[name] = await readFile(join(folder, name));
  worker = await start({ objects, watched: true, settings: { delivery: { avif: 'off' }, limits: { queue_ms: 120_000 } } });
});
after(async () => {
  await worker?.stop();
  await rm(folder, { recursive: true });
});

for (const [name, size] of [
  ['phone.heic', [828, 1104]], // of 48 tiles, turned, in Display P3, with a gain map
  ['large.avif', [828, 621]],
  ['large.jxl', null],
]) {
  test(`${name}: ${size ? size.join(' × ') : 'refused by name'}`, async () => {
    const answer = await worker.get(`/image/width=828,format=png/${name}`);
    if (size) {
      assert.equal(answer.status, 200, await answer.clone().text());
      const file = Buffer.from(await bytes(answer));
      assert.equal(kind(file), 'png');
      assert.deepEqual([file.readUInt32BE(16), file.readUInt32BE(20)], size);
    } else {
      assert.equal(answer.status, 422);
      assert.match(await answer.text(), /memory in bytes: \d+, must be at most \d+/);
    }
    const [core] = await (await worker.get('/memories')).json();
    assert.ok(core <= CORE, `${core} bytes`);
  });
}
