// Compares the pixels of our JPEG XL files in Chromium's canvas and in the image core, which share one decoder, with
// libjxl's own djxl.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, before, test } from 'node:test';
import { browse, root } from './harness.mjs';

let browser;
let page;
let folder;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'darkroom-jxl-'));
  browser = await browse();
  page = await browser.newPage();
});
after(async () => {
  await browser?.close();
  await rm(folder, { recursive: true });
});

/** The output of `darkroom process` for a file. */
function made(source, recipe) {
  const run = ['process', source, '--out', folder, '--recipe', recipe, '--force', '--json', '-'];
  const line = execFileSync(join(root, 'target/release/darkroom'), run, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  return join(folder, Object.values(JSON.parse(line).variants)[0]);
}

/** The pixels that djxl writes. */
function reference(file) {
  const png = `${file}.djxl.png`;
  execFileSync('djxl', [file, png], { stdio: 'ignore' });
  return png;
}

/** The pixels that `<img>` shows for a file: read from a canvas in the page. */
const draw = async (file, type) => page.evaluateHandle(async (base64, type) => {
  const image = new Image();
  image.src = `data:${type};base64,${base64}`;
  await image.decode();
  const { naturalWidth: width, naturalHeight: height } = image;
  const context = new OffscreenCanvas(width, height).getContext('2d');
  context.drawImage(image, 0, 0);
  return context.getImageData(0, 0, width, height);
}, (await readFile(file)).toString('base64'), type);

/** Their differences: the maximum of any composed sample, in alpha, and the mean. */
const apart = (one, other) => page.evaluate((one, other) => {
  if (one.width !== other.width || one.height !== other.height) return `${one.width} × ${one.height}`;
  let [most, alpha, sum] = [0, 0, 0];
  for (let at = 0; at < one.data.length; at++) {
    const of = ({ data }) => (at % 4 === 3 ? data[at] : (data[at] * data[at | 3]) / 255);
    const distance = Math.abs(of(one) - of(other));
    sum += distance;
    most = Math.max(most, distance);
    if (at % 4 === 3) alpha = Math.max(alpha, distance);
  }
  return { most, alpha, mean: sum / one.data.length };
}, one, other);

// Opaque lossless files are the same everywhere, and alpha always. Each decoder rounds a lossy file to 8 bits in its
// own way, and so the pixels of a JPEG's coefficients; a canvas stores colours multiplied by alpha, rounded once more.
const EXACT = { most: 0, mean: 0 };
const SHOWN = { most: 1, mean: 0.25 };
const COMPOSED = { most: 2, mean: 0.25 };

for (const [source, recipe, within] of [
  ['examples/photos/seeding.jpg', 'format=jxl,width=640', SHOWN],
  ['examples/photos/seeding.jpg', 'format=jxl,width=640,effort=3', SHOWN],
  ['examples/photos/round.png', 'format=jxl,width=300', COMPOSED],
  ['examples/photos/seeding.jpg', 'format=jxl,width=320,lossless=true', EXACT],
  ['examples/photos/round.png', 'format=jxl,width=300,lossless=true', COMPOSED],
  ['examples/photos/seeding.jpg', 'format=jxl,lossless=true,metadata=keep', SHOWN],
  ['tests/fixtures/good/jpeg-420.jpg', 'format=jxl,lossless=true', SHOWN],
]) {
  test(`${basename(source)} as ${recipe}: ${within.most} of 255 at most, ${within.mean} in the mean`, async () => {
    const file = made(source, recipe);
    const expected = await draw(reference(file), 'image/png');
    const core = made(file, 'format=png,effort=0');
    for (const [decoder, path, type] of [['Chromium', file, 'image/jxl'], ['the core', core, 'image/png']]) {
      const found = await apart(await draw(path, type), expected);
      assert.ok(found.most <= within.most && found.mean <= within.mean && found.alpha === 0, `${decoder}: ${JSON.stringify(found)}`);
    }
  });
}

test('djxl restores the JPEG of what `darkroom process` made of it, where all of its metadata was to be kept', async () => {
  for (const source of ['examples/photos/seeding.jpg', 'tests/fixtures/good/jpeg-exif.jpg']) {
    const file = made(source, 'format=jxl,lossless=true,metadata=keep');
    execFileSync('djxl', [file, `${file}.jpg`], { stdio: 'ignore' });
    assert.ok((await readFile(`${file}.jpg`)).equals(await readFile(join(root, source))), source);
  }
});

test('no metadata: neither EXIF nor what restores the JPEG', async () => {
  const boxes = async (metadata) => {
    const file = await readFile(made('tests/fixtures/good/jpeg-exif.jpg', `format=jxl,lossless=true,metadata=${metadata}`));
    return ['jbrd', 'Exif', 'Ana Artist'].filter((part) => file.includes(part));
  };
  assert.deepEqual(await boxes('keep'), ['jbrd', 'Exif', 'Ana Artist']);
  assert.deepEqual(await boxes('copyright'), ['Exif', 'Ana Artist']);
  assert.deepEqual(await boxes('none'), []);
});
