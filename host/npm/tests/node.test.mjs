// Tests the package in Node: sharp's documentation examples that apply, and error cases.
import assert from 'node:assert/strict';
import { createReadStream, createWriteStream } from 'node:fs';
import { copyFile, readFile, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { after, before, test } from 'node:test';
import { fixture, installed, kind, load, photo, root, run, sample, sha256, tool } from './harness.mjs';

let folder;
let image, canonical, configure, close, formats, DarkroomError;
before(async () => {
  folder = await installed();
  ({ image, canonical, configure, close, formats, DarkroomError } = await load(folder));
});
after(() => close());

const shown = ({ info: { format, width, height } }) => `${format} ${width}x${height}`;
const object = { resolveWithObject: true };

// The photo has 1992 x 1120 pixels. The comments give sharp's own promise, which the size verifies.
const EXAMPLES = {
  'webp 100x56': (input) => input.resize({ width: 100 }).toBuffer(object), // webp is Darkroom's default
  'jpeg 356x200': (input) => input.resize(null, 200).jpeg().toBuffer(object),
  'jpeg 300x200': (input) => input.resize(300, 200).jpeg({ quality: 60 }).toBuffer(object), // cover
  'png 200x300': (input) =>
    input
      .resize(200, 300, { fit: 'contain', position: 'right top', background: { r: 255, g: 255, b: 255, alpha: 0.5 } })
      .toFormat('png')
      .toBuffer(object),
  'jpeg 200x112': (input) => input.resize(200, 200, { fit: 'inside' }).toFormat('jpeg').toBuffer(object),
  'webp 64x48': (input) => input.resize({ width: 64, height: 48, fit: 'fill' }).webp().toBuffer(object),
  'webp 80x80': (input) => input.resize(80, 80, { fit: 'cover', position: 'attention' }).webp().toBuffer(object),
  'jpeg 60x40': (input) => input.extract({ left: 10, top: 20, width: 60, height: 40 }).jpeg().toBuffer(object),
  'webp 40x40': (input) => input.extract({ left: 0, top: 0, width: 60, height: 60 }).resize(40).webp().toBuffer(object),
  'webp 90x160': (input) => input.rotate(90).resize(90, 160).flatten({ background: '#ff6600' }).sharpen(1).webp().toBuffer(object),
  'avif 160x90': (input) => input.resize({ width: 160, fit: 'cover' }).avif({ quality: 60 }).toBuffer(object),
};

test("sharp's examples", async () => {
  const input = image(photo);
  const found = await Promise.all(Object.values(EXAMPLES).map((example) => example(input.clone()).then(shown)));
  assert.deepEqual(found, Object.keys(EXAMPLES));
});

test('the chain is a recipe, and its text the same', async () => {
  const chain = () => image(photo).resize({ width: 80, fit: 'cover' }).webp({ quality: 60, maxBytes: 3000 });
  assert.equal(String(chain()), 'fit=cover,format=webp,max-bytes=3000,quality=60,width=80');
  assert.equal(await canonical(String(chain())), 'fit=cover,max-bytes=3000,quality=60,width=80');
  const text = image(photo).recipe('w=90,q=60,f=webp,fit=cover').recipe('w=80,max-bytes=3000');
  assert.equal(String(text), String(chain()));
  assert.equal(sha256(await text.toBuffer()), sha256(await chain().toBuffer()));
  assert.equal(String(image().flip().flop()), 'flip=hv');
  assert.equal(String(image().flip().flop().flip(false)), 'flip=h');
  assert.equal(String(image().resize(8, 9, { position: 'northeast', withoutEnlargement: true })), 'fit=crop,gravity=top-right,height=9,width=8');
  assert.equal(String(image().rotate(-90)), 'rotate=270');
});

test('metadata, description and formats', async () => {
  const { format, width, height, frames } = await image(photo).metadata();
  assert.deepEqual([format, width, height, frames], ['jpeg', 1992, 1120, 1]);
  const { thumbHash, dominantColor } = await image(photo).describe();
  assert.ok(Buffer.from(thumbHash, 'base64').length > 15);
  assert.match(dominantColor, /^#[0-9a-f]{6}$/);
  assert.ok((await formats()).some(({ name, encoder }) => name === 'avif' && encoder));
});

test('every kind of input', async () => {
  const bytes = await sample('round.png');
  const web = () => Readable.toWeb(Readable.from([bytes.subarray(0, 100), bytes.subarray(100)]));
  const copy = new Uint8Array(bytes).buffer;
  const inputs = { bytes, copy, view: new DataView(copy), blob: new Blob([bytes]), response: new Response(bytes), web: web(), node: Readable.from([bytes]) };
  const outputs = await Promise.all(Object.values(inputs).map((input) => image(input).resize(20).png().toBuffer()));
  assert.equal(new Set(outputs.map(sha256)).size, 1);
  await assert.rejects(image(42).toBuffer(), { name: 'TypeError', message: /input 42: must be/ });
});

test('files and streams', async () => {
  const out = join(folder, 'out.JPG');
  assert.equal((await image(photo).resize(64).toFile(out)).size, (await stat(out)).size);
  assert.equal(kind(await readFile(out)), 'jpeg');
  await assert.rejects(image(photo).toFile(join(folder, 'out.txt')), { message: /out\.txt: must end in avif, webp, jpg/ });

  const through = join(folder, 'through.webp');
  await pipeline(createReadStream(photo), image().resize(64).webp().stream(), createWriteStream(through));
  assert.equal(sha256(await readFile(through)), sha256(await image(photo).resize(64).webp().toBuffer()));
  assert.equal((await image(photo).resize(64).webp().toBlob()).type, 'image/webp');
});

test('errors have codes', async () => {
  const bad = await image(photo).webp({ quality: 101 }).toBuffer().catch((error) => error);
  assert.ok(bad instanceof DarkroomError && bad instanceof Error);
  assert.equal(bad.code, 'invalid-recipe');
  assert.equal(bad.message, 'quality=101: must be an integer from 1 to 100');
  const rejects = (promise, code) => assert.rejects(promise, { name: 'DarkroomError', code });
  await rejects(image(Buffer.from('no image')).metadata(), 'unrecognized-format');
  await rejects(image(photo, { limits: { pixels: 1000 } }).toBuffer(), 'limit-exceeded');
  await rejects(image(photo, { limits: 'pixel=1' }).toBuffer(), 'invalid-limits');
  await rejects(image(await fixture('bad/truncated.jpg'), { limits: '' }).jpeg({ progressive: true }).toBuffer(), 'invalid-recipe');
  await assert.rejects(async () => image(photo).set({ background: 'red,width=9' }).toBuffer(), { code: 'invalid-recipe' });
});

test('a crash, a deadline and a signal cost one image', async () => {
  configure({ threads: 1, memory: 6 });
  await assert.rejects(image(photo).resize(1000).png({ effort: 1 }).toBuffer(), { code: 'trap' });
  assert.equal(kind(await image(photo).resize(20).toBuffer()), 'webp');
  configure({ memory: 3072 });

  await assert.rejects(image(photo, { timeout: 1 }).avif().toBuffer(), { code: 'timeout', message: 'not done within 1 ms' });
  const controller = new AbortController();
  const running = image(photo, { signal: controller.signal }).avif().toBuffer();
  const waiting = image(photo, { signal: controller.signal }).avif().toBuffer();
  const other = image(photo).resize(20).toBuffer();
  setTimeout(() => controller.abort(), 50);
  await assert.rejects(running, { name: 'AbortError' });
  await assert.rejects(waiting, { name: 'AbortError' });
  assert.equal(kind(await other), 'webp');
});

test('several outputs are of one decode', async () => {
  const photos = image(photo);
  const [cut, thumbnail, text] = await photos.render([
    photos.clone().extract({ left: 0, top: 0, width: 60, height: 40 }).png(),
    photos.clone().resize(20).webp(),
    'width=30,format=jpeg',
  ]);
  assert.deepEqual([cut, thumbnail, text].map(shown), ['png 60x40', 'webp 20x11', 'jpeg 30x17']);
  assert.equal(text.info.size, text.data.length);

  const { Source } = await import(join(folder, 'node_modules/darkroom-image/src/source.js'));
  const calls = [];
  const source = new Source({ call: async (...call) => calls.push(call) && { results: [] } }, async () => 'bytes', '', { limits: { outputPixels: 9 } });
  await source.render(['a', 'b']);
  assert.deepEqual(calls, [['transform', ['bytes', ['a', 'b'], 'output-pixels=9'], { signal: undefined, timeout: undefined }]]);
});

test('the vocabulary is the image core\'s, and what is installed is one package without scripts', async () => {
  const here = join(folder, 'node_modules/darkroom-image');
  for (const name of ['vocabulary.js', 'vocabulary.d.ts']) {
    const kept = join(root, 'host/npm/src', name);
    if (process.env.UPDATE_DOCS) await copyFile(join(here, 'src', name), kept);
    assert.equal(await readFile(join(here, 'src', name), 'utf8'), await readFile(kept, 'utf8'), `${name}: UPDATE_DOCS=1 writes it`);
  }
  for (const name of ['LICENSE-MIT', 'LICENSE-APACHE', 'THIRD-PARTY.txt', 'README.md']) assert.ok((await stat(join(here, name))).size > 1000, name);
  assert.deepEqual((await readdir(join(folder, 'node_modules'))).filter((name) => !name.startsWith('.')), ['darkroom-image']);
  const { dependencies, scripts } = JSON.parse(await readFile(join(here, 'package.json')));
  assert.deepEqual([dependencies, scripts], [undefined, undefined]);
});

test('lite has the same interface', async () => {
  const lite = await load(folder, 'lite');
  assert.equal(kind(await lite.image(photo).resize(20).jpeg().toBuffer()), 'jpeg');
  lite.close();
});

test('TypeScript knows the chain', async () => {
  const checked = await installed({ 'types.ts': new URL('types.ts', import.meta.url).pathname });
  const options = ['--noEmit', '--strict', '--target', 'es2023', '--module', 'nodenext', '--lib', 'es2023,dom', '--types', ''];
  await run(tool('tsc'), [...options, 'types.ts'], { cwd: checked }).catch(({ stdout }) => assert.fail(stdout));
});
