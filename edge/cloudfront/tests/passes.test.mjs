// Both passes of the origin group.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { UPLOAD, body, bundle, context, event, fixture, header, root, sample, startStore } from './harness.mjs';

const run = promisify(execFile);
const LIMIT = 1 << 20;

let store;
let handler;
let photo;
before(async () => {
  photo = await sample('seeding.jpg');
  store = await startStore({
    [UPLOAD]: photo,
    'site/a b+c.jpg': photo,
    'site/page.jpg': Buffer.from('<html>'),
    'site/animated.gif': await fixture('good/gif-animated.gif'),
    'site/truncated.jpg': await fixture('bad/no-data.jpg'),
    'site/round.png': await sample('round.png'),
  });
  handler = await bundle(store.endpoint);
});
after(() => store.stop());

const look = (uri, options) => handler(event('look', uri, options), context());
const make = (uri, options) => handler(event('make', uri, options), context());

test('the first pass goes to where an upload has its renditions', async () => {
  for (const [uri, verified, expected] of [
    [`/image/width=640/${UPLOAD}`, 'webp-any', `/variants/${UPLOAD}/width=640.webp`],
    [`/image/width=640/${UPLOAD}`, 'avif-webp-any', `/variants/${UPLOAD}/width=640.avif`],
    [`/image/preset=small/${UPLOAD}`, 'any', '/thumbnails/small/u1/20260102_030405_abcdef01_photo.jpg'],
    [`/image/preset=compressed/${UPLOAD}`, 'webp-any', '/compressed/u1/20260102_030405_abcdef01_photo.webp'],
  ]) {
    const request = await look(uri, { verified });
    assert.equal(request.uri, expected);
    assert.ok(request.origin.s3);
    assert.equal(request.status, undefined);
  }
});

test('the second pass makes what the first has not found, and the next first pass finds it', async () => {
  const uri = `/image/width=320/${UPLOAD}`;
  const sent = await look(uri);
  const key = decodeURIComponent(sent.uri.slice(1));
  assert.equal((await store.get(key)).tag, 'missing');
  // Whether or not CloudFront keeps the request as the first pass rewrote it, the second pass makes the same image.
  const kept = event('make', sent.uri, { headers: { 'x-darkroom-path': uri } });
  const response = await handler(kept, context());
  assert.equal(response.status, '200');
  assert.equal(header(response, 'content-type'), 'image/webp');
  assert.equal(header(response, 'content-length'), undefined);
  assert.match(header(response, 'etag'), /^"[0-9a-f]{32}"$/);
  assert.match(header(response, 'cache-control'), /s-maxage=2592000/);
  assert.match(header(response, 'server-timing'), /^store;desc=miss;dur=[0-9.]+, origin;desc=fetch;dur=/);
  const again = await make(uri);
  assert.deepEqual(body(again), body(response));
  assert.match(header(again, 'server-timing'), /^store;desc=hit/);
  const stored = (await store.get(key)).val;
  assert.deepEqual(Buffer.from(stored.bytes), body(response));
  assert.equal(stored.mediaType, 'image/webp');
  assert.equal(`"${Object.fromEntries(stored.metadata)['rendition-etag']}"`, header(response, 'etag'));
});

test('the bytes are those of the command line', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'darkroom-process-'));
  try {
    await writeFile(join(folder, 'photo.jpg'), photo);
    for (const [options, verified, recipe] of [
      ['width=480', 'webp-any', 'width=480,format=webp'],
      ['width=160', 'avif-webp-any', 'width=160,format=avif'],
      ['fit=cover,height=96,width=128', 'any', 'width=128,height=96,fit=cover,format=jpeg'],
    ]) {
      const out = join(folder, verified);
      const flags = ['--out', out, '--recipe', recipe];
      await run(join(root, 'target/release/darkroom'), ['process', join(folder, 'photo.jpg'), ...flags]);
      const [made] = await readdir(join(out, 'variants/photo.jpg'));
      const response = await make(`/image/${options}/${UPLOAD}`, { verified });
      assert.deepEqual(body(response), await readFile(join(out, 'variants/photo.jpg', made)), recipe);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('what is stored of an original that may change is not sent by the bucket, and made again once it has', async () => {
  const uri = '/image/width=128/site/a%20b+c.jpg';
  const first = await make(uri);
  assert.equal((await look(uri)).uri, '/-', 'the object would be kept for a month');
  const found = await make(uri);
  assert.match(header(found, 'server-timing'), /^store;desc=hit/);
  assert.match(header(found, 'cache-control'), /max-age=86400/);
  await store.put('site/a b+c.jpg', await sample('round.png'));
  const second = await make(uri);
  assert.match(header(second, 'server-timing'), /^store;desc=miss/);
  assert.notEqual(header(second, 'etag'), header(first, 'etag'));
});

test('what a bucket can not send is left to the second pass', async () => {
  const wrong = event('look', `/image/width=640/${UPLOAD}`);
  wrong.Records[0].cf.request.origin.s3.domainName = 'another.s3.eu-central-1.amazonaws.com';
  assert.equal((await handler(wrong, context())).uri, '/-');
  assert.equal((await look(`/image/format=json/${UPLOAD}`)).uri, `/variants/${UPLOAD}/format=json.json`);
  const facts = await make(`/image/format=json,width=64/${UPLOAD}`);
  assert.equal(header(facts, 'content-type'), 'application/json');
  assert.equal(JSON.parse(body(facts)).width, 64);
});

test('what is too much for here goes to the origin function', async () => {
  for (const [settings, uri, options] of [
    [{ limits: { source_bytes: 1000 } }, `/image/width=33/${UPLOAD}`, {}],
    [{ limits: { pixels: 1000 } }, `/image/width=33/${UPLOAD}`, {}],
    [{ limits: { memory: 10_000 } }, `/image/width=33/${UPLOAD}`, {}],
    [{ limits: { slow_pixels: 1000 } }, `/image/width=330/${UPLOAD}`, { verified: 'avif-webp-any' }],
    [{ delivery: { avif: 'background' } }, `/image/width=32/${UPLOAD}`, { verified: 'avif-webp-any' }],
    [{ delivery: { remote_origins: ['h.example'] } }, '/image/width=33/https://h.example/a.jpg', {}],
  ]) {
    const limited = await bundle(store.endpoint, settings);
    const request = await limited(event('make', uri, options), context());
    assert.equal(request.uri, uri, JSON.stringify(settings));
    assert.ok(request.origin.custom);
    assert.equal(request.status, undefined);
  }
  const late = await handler(event('make', `/image/width=33/${UPLOAD}`), context(9_999));
  assert.equal(late.uri, `/image/width=33/${UPLOAD}`);
});

test('an answer beyond 1 MB is stored, and sent by the origin function', async () => {
  const uri = `/image/format=png/${UPLOAD}`;
  const request = await make(uri);
  assert.equal(request.uri, uri);
  const stored = (await store.get(`variants/${UPLOAD}/format=png.png`)).val;
  assert.ok(stored.bytes.length > LIMIT * 0.75, `${stored.bytes.length} bytes`);
});

test('the quota is used up to its end, and not beyond', async () => {
  let [here, elsewhere, longest] = [900, 1200, 0];
  while (elsewhere - here > 1) {
    const width = (here + elsewhere) >> 1;
    const response = await make(`/image/format=png,width=${width}/${UPLOAD}`, { verified: 'any;signed' });
    if (response.status) [here, longest] = [width, JSON.stringify(response).length];
    else elsewhere = width;
  }
  assert.ok(longest <= LIMIT && longest > 0.99 * LIMIT, `${longest} bytes, ${here} pixels wide`);
});

test('errors are answered here, as everywhere', async () => {
  for (const [uri, options, status, message] of [
    ['/image/width=80/uploads/u1/20260102_030405_abcdef01_missing.jpg', {}, '404', /not found/],
    ['/image/width=0/a.jpg', {}, '400', /width=0/],
    ['/image/preset=nope/a.jpg', {}, '404', /nope/],
    ['/image/format=webp/site/page.jpg', {}, '415', /first bytes/],
    ['/image/width=80/a.jpg', { method: 'POST' }, '405', /POST/],
  ]) {
    const response = await make(uri, options);
    assert.equal(response.status, status, uri);
    assert.match(String(body(response)), message);
    assert.match(header(response, 'cache-control'), /no-store|max-age=5/);
  }
  const preflight = await make(`/image/width=80/${UPLOAD}`, { method: 'OPTIONS' });
  assert.equal(preflight.status, '204');
});

test('conditions and ranges hold', async () => {
  const uri = `/image/width=321/${UPLOAD}`;
  const whole = await make(uri);
  const fresh = await make(uri, { headers: { 'if-none-match': header(whole, 'etag') } });
  assert.equal(fresh.status, '304');
  assert.equal(fresh.body, undefined);
  const part = await make(uri, { headers: { range: 'bytes=4-7' } });
  assert.equal(part.status, '206');
  assert.deepEqual(body(part), body(whole).subarray(4, 8));
  const head = await make(uri, { method: 'HEAD' });
  assert.equal(head.status, '200');
  assert.equal(head.body, undefined);
});

test('what can not be made is sent as it is, for a short time, with the reason', async () => {
  const response = await make('/image/width=81/site/truncated.jpg');
  assert.equal(response.status, '200');
  assert.equal(header(response, 'content-type'), 'image/jpeg');
  assert.match(header(response, 'darkroom-reason'), /source: /);
  assert.equal(header(response, 'cache-control'), 'public, max-age=60');
  assert.deepEqual(body(response), await fixture('bad/no-data.jpg'));
  const animation = await make('/image/width=32/site/animated.gif');
  assert.match(body(animation).toString('latin1'), /^RIFF....WEBPVP8X.*ANIM/s);
});

test('transparency survives the fallback', async () => {
  const uri = '/image/width=160/site/round.png';
  const response = await make(uri, { verified: 'any' });
  assert.equal(header(response, 'content-type'), 'image/png');
  // Of the two formats that a fallback can have, the second is found, too.
  assert.match(header(await make(uri, { verified: 'any' }), 'server-timing'), /^store;desc=hit/);
});

test('a store that fails costs nothing but the way to the origin function', async () => {
  const nowhere = await bundle('http://127.0.0.1:9');
  const uri = `/image/width=33/${UPLOAD}`;
  assert.equal((await nowhere(event('make', uri), context())).uri, uri);
  assert.equal((await nowhere(event('look', '/image/width=33/site/a.jpg'), context())).uri, '/-');
});
