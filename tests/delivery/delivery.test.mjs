// Responses for every browser, and caching headers, in every shell.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { CHROME, bytes, eventually, fixture, kind, root, sample } from '../helpers.mjs';
import { beyondAvif, start } from './shell.mjs';

const FIREFOX = 'image/avif,image/webp,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5';
const SAFARI = 'image/webp,image/avif,image/jxl,image/heic,image/heic-sequence,video/*;q=0.8,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5';
const OLD_SAFARI = 'image/png,image/svg+xml,image/*;q=0.8,video/*;q=0.8,*/*;q=0.5';

let shell;
before(async () => {
  const objects = {
    'site/seeding.jpg': await sample('seeding.jpg'),
    'site/second.jpg': await sample('seeding.jpg'),
    'site/third.jpg': await sample('seeding.jpg'),
    'site/round.png': await sample('round.png'),
    'site/animated.gif': await fixture('good/gif-animated.gif'),
    'site/small.webp': await fixture('good/webp-lossy.webp'),
    'uploads/u/20260102_030405_abcdef01_photo.jpg': await sample('seeding.jpg'),
  };
  shell = await start({ settings: { delivery: { avif: 'wait' } }, objects });
});
after(() => shell.stop());

for (const [client, accept, expected] of [
  ['Chrome since 155', `image/jxl,${CHROME}`, 'jxl'],
  ['Chrome before', CHROME, 'avif'],
  ['Firefox', FIREFOX, 'avif'],
  ['Safari', SAFARI, 'jxl'],
  ['a Safari before WebP', OLD_SAFARI, 'jpeg'],
  ['a client of 2019', 'image/webp,*/*;q=0.8', 'webp'],
  ['curl', '*/*', 'jpeg'],
  ['nobody in particular', '', 'jpeg'],
]) {
  test(`${client} gets ${expected}`, async () => {
    const response = await shell.get('/image/width=320/site/seeding.jpg', { accept });
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('content-type'), `image/${expected}`);
    assert.equal(response.headers.get('vary'), 'Accept');
    assert.match(response.headers.get('etag'), /^"[0-9a-f]{32}"$/);
    assert.match(response.headers.get('cache-control'), /^public, max-age=86400, s-maxage=2592000/);
    assert.equal(response.headers.get('x-content-type-options'), 'nosniff');
    assert.equal(response.headers.get('content-disposition'), `inline; filename="seeding.${expected === 'jpeg' ? 'jpg' : expected}"`);
    assert.equal(kind(await bytes(response)), expected);
  });
}

test('formats have tags of their own', async () => {
  const tags = new Set();
  for (const accept of [CHROME, 'image/webp', '*/*']) {
    tags.add((await shell.get('/image/width=320/site/seeding.jpg', { accept })).headers.get('etag'));
  }
  assert.equal(tags.size, 3);
});

test('a format that the URL names is the same for everybody, under a tag of its own', async () => {
  const tags = new Set();
  for (const format of ['jpeg', 'webp', 'avif', 'png']) {
    for (const accept of ['*/*', 'image/jpeg', 'image/webp', CHROME]) {
      const response = await shell.get(`/image/quality=100,format=${format}/site/small.webp`, { accept });
      assert.equal(response.headers.get('content-type'), `image/${format}`, accept);
      assert.equal(response.headers.get('vary'), null);
      assert.equal(kind(await bytes(response)), format, accept);
      tags.add(response.headers.get('etag'));
    }
  }
  assert.equal(tags.size, 4);
  // If the format is open, the original is better than any of them.
  const response = await shell.get('/image/quality=100/site/small.webp', { accept: 'image/webp' });
  assert.deepEqual(await bytes(response), new Uint8Array(await fixture('good/webp-lossy.webp')));
  assert.ok(!tags.has(response.headers.get('etag')));
});

test('a format that a limit forbids becomes WebP, for everybody and for a while', async () => {
  for (const accept of ['image/avif', '*/*', CHROME]) {
    const options = `width=3840,height=${beyondAvif.height},fit=cover,format=avif`;
    const response = await shell.get(`/image/${options}/site/seeding.jpg`, { accept });
    assert.equal(kind(await bytes(response)), 'webp', accept);
    assert.match(response.headers.get('darkroom-reason'), beyondAvif.reason);
    assert.equal(response.headers.get('cache-control'), 'public, max-age=60');
  }
});

test('transparency survives the fallback', async () => {
  const response = await shell.get('/image/width=160/site/round.png');
  assert.equal(response.headers.get('content-type'), 'image/png');
});

test('an animation stays one', async () => {
  for (const [options, accept, type, begins, frames] of [
    ['width=32', CHROME, 'image/webp', 'ANMF', 3],
    ['width=33,anim=false', CHROME, 'image/avif', 'ANMF', 0],
    ['width=32', 'image/png,*/*', 'image/gif', '\x21\xF9\x04', 3],
    ['width=33,format=gif', CHROME, 'image/gif', '\x21\xF9\x04', 3],
    ['width=32,format=jpeg', CHROME, 'image/jpeg', 'ANMF', 0],
  ]) {
    const response = await shell.get(`/image/${options}/site/animated.gif`, { accept });
    assert.equal(response.headers.get('content-type'), type, `${options} ${accept}`);
    const file = Buffer.from(await bytes(response)).toString('latin1');
    assert.equal(file.split(begins).length - 1, frames, `${options} ${accept}`);
  }
});

test('what is stored is found', async () => {
  const path = '/image/width=480,format=webp/site/second.jpg';
  const made = await shell.get(path);
  const stored = await eventually('the variant', () => shell.stored('processed', 'variants/site/second.jpg/format=webp,width=480.webp'));
  assert.equal(stored.type, 'image/webp');
  assert.deepEqual(stored.metadata, ['cache-tag', 'damaged', 'output-version', 'recipe', 'rendition-etag', 'source-etag']);
  const found = await shell.get(shell.fresh(path));
  assert.match(found.headers.get('server-timing'), /^store;desc=hit/);
  assert.equal(found.headers.get('etag'), made.headers.get('etag'));
  assert.deepEqual(await bytes(found), await bytes(made));
});

test('what is stored is remade once its original has changed', async () => {
  const path = '/image/width=480,format=webp/site/third.jpg';
  const made = await shell.get(path);
  await eventually('the variant', () => shell.stored('processed', 'variants/site/third.jpg/format=webp,width=480.webp'));
  await shell.put('site/third.jpg', await sample('aitzgorri.jpg'));
  const remade = await shell.get(shell.fresh(path));
  assert.match(remade.headers.get('server-timing'), /^store;desc=miss/);
  assert.notEqual(remade.headers.get('etag'), made.headers.get('etag'));
  assert.notDeepEqual(await bytes(remade), await bytes(made));
});

test('conditions, ranges and HEAD, from the core and from what is kept', async () => {
  const path = '/image/width=240,format=webp/site/seeding.jpg';
  const whole = await shell.get(path);
  const body = await bytes(whole);
  const etag = whole.headers.get('etag');
  for (const from of ['core', 'kept']) {
    const same = await shell.get(path, { 'if-none-match': etag });
    assert.equal(same.status, 304, from);
    assert.equal(same.headers.get('etag'), etag);
    assert.equal((await shell.get(path, { 'if-none-match': '"other"' })).status, 200);
    assert.equal((await shell.get(path, { 'if-modified-since': new Date(Date.now() + 60_000).toUTCString() })).status, 304);

    const part = await shell.get(path, { range: 'bytes=10-19' });
    assert.equal(part.status, 206);
    assert.equal(part.headers.get('content-range'), `bytes 10-19/${body.length}`);
    assert.deepEqual(await bytes(part), body.slice(10, 20));
    assert.equal((await shell.get(path, { range: `bytes=${body.length}-` })).status, 416);

    const head = await shell.get(path, {}, { method: 'HEAD' });
    assert.equal(head.status, 200);
    assert.equal(head.headers.get('content-length'), String(body.length));
    assert.equal((await bytes(head)).length, 0);
    await eventually('a kept answer', async () => /desc=hit/.test((await shell.get(path)).headers.get('server-timing')));
  }
});

test('the bytes are those that the command writes', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'darkroom-delivery-'));
  try {
    for (const recipe of ['width=320,format=webp', 'width=320,format=avif', 'width=160,height=160,fit=cover,format=jpeg', 'width=96,format=png']) {
      const out = join(folder, createHash('sha256').update(recipe).digest('hex'));
      const photo = join(root, 'examples/photos/seeding.jpg');
      execFileSync(join(root, 'target/release/darkroom'), ['process', photo, '--out', out, '--recipe', recipe, '--json', join(out, 'all.json')], { stdio: 'ignore' });
      const line = JSON.parse((await readFile(join(out, 'all.json'), 'utf8')).trim());
      const [name] = Object.values(line.variants);
      const response = await shell.get(`/image/${recipe}/site/seeding.jpg`);
      assert.equal(response.status, 200, recipe);
      assert.deepEqual(await bytes(response), new Uint8Array(await readFile(join(out, name))), recipe);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('a preset is found where the upload pipeline puts it', async () => {
  const original = 'uploads/u/20260102_030405_abcdef01_photo.jpg';
  await bytes(await shell.get(`/image/preset=small/${original}`));
  await eventually('the thumbnail', () => shell.stored('thumbnails', 'thumbnails/small/u/20260102_030405_abcdef01_photo.jpg'));
  await bytes(await shell.get(`/image/preset=compressed/${original}`, { accept: 'image/webp' }));
  await eventually('the compressed image', () => shell.stored('processed', 'compressed/u/20260102_030405_abcdef01_photo.webp'));
});

test('facts as JSON', async () => {
  const response = await shell.get('/image/width=320,format=json/site/seeding.jpg');
  assert.equal(response.headers.get('content-type'), 'application/json');
  const facts = await response.json();
  const original = await sample('seeding.jpg');
  assert.equal(facts.width, 320);
  assert.equal(facts.format, 'image/webp');
  assert.equal(facts.original.format, 'image/jpeg');
  assert.equal(facts.original.file_size, original.length);
  assert.ok(facts.file_size > 0 && facts.file_size < original.length);
});

test('health and version', async () => {
  assert.equal(await (await shell.get('/health')).text(), 'ok\n');
  const { outputVersion } = await (await shell.get('/version')).json();
  assert.ok(outputVersion >= 1);
});

test('signed URLs', async () => {
  const keys = ['0123456789abcdef0123456789abcdef', 'fedcba9876543210fedcba9876543210'];
  const signed = await start({
    settings: { delivery: { mode: 'signed' } },
    signingKeys: keys,
    objects: { 'a.jpg': await sample('seeding.jpg') },
  });
  try {
    const path = '/image/width=333,format=webp/a.jpg';
    const sign = (DARKROOM_SIGNING_KEY, ...options) =>
      execFileSync(join(root, 'target/release/darkroom'), ['sign', path, ...options], {
        encoding: 'utf8',
        env: { DARKROOM_SIGNING_KEY },
      }).trim();
    for (const key of keys) assert.equal((await signed.get(sign(key))).status, 200);
    assert.equal((await signed.get(path)).status, 403);
    assert.equal((await signed.get(sign(keys[0]).replace('333', '334'))).status, 403);
    assert.equal((await signed.get(sign('another key of 32 characters ...'))).status, 403);
    assert.equal((await signed.get(sign(keys[0], '--expires-at', '1000'))).status, 403);
    const soon = await signed.get(sign(keys[0], '--expires-in', '30s'));
    assert.match(soon.headers.get('cache-control'), /^public, max-age=(29|30), s-maxage=(29|30)$/);
  } finally {
    await signed.stop();
  }
});
