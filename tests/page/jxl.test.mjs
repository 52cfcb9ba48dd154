// Compares the pixels of our JPEG XL files in Chromium's canvas and in the image core, which share one decoder, with
// libjxl's own djxl.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, before, test } from 'node:test';
import { apart, browse, pixels, root } from './harness.mjs';

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

const draw = async (file, type) => pixels(page, `data:${type};base64,${(await readFile(file)).toString('base64')}`);

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
      const found = await apart(page, await draw(path, type), expected);
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

test('of a file that is cut off the core shows something where Chromium does, and says so', async () => {
  const png = reference(made('examples/photos/seeding.jpg', 'format=jxl,width=640'));
  const seen = {};
  for (const [name, options] of [['lossy', ['-d', '1']], ['lossless', ['-d', '0']]]) {
    const whole = join(folder, `${name}.jxl`);
    execFileSync('cjxl', ['--quiet', '-e', '3', ...options, png, whole], { stdio: 'ignore' });
    const bytes = await readFile(whole);
    for (const percent of [10, 30, 60, 90]) {
      const cut = join(folder, `${name}-${percent}.jxl`);
      await writeFile(cut, bytes.subarray(0, (bytes.length * percent) / 100));
      // Chromium takes the size of any of them, and leaves pixels that it does not have transparent.
      const drawn = await draw(cut, 'image/jxl');
      const shown = await page.evaluate(({ data }) => data.some((sample, at) => at % 4 === 3 && sample > 0), drawn);
      const { status, stderr } = spawnSync(join(root, 'target/release/darkroom'), ['process', cut, '--out', folder, '--force'], { encoding: 'utf8' });
      const told = /missing is grey/.test(stderr) ? 'damaged' : /the file ends before the image does/.test(stderr) && 'refused';
      assert.equal(told, shown ? 'damaged' : 'refused', `${name}, ${percent} %: ${stderr}`);
      assert.equal(status === 0, shown, stderr);
      (seen[name] ??= []).push(shown);
    }
  }
  // Lossy, an eighth of all pixels along both axes comes early; groups come whole.
  assert.deepEqual(seen, { lossy: [false, true, true, true], lossless: [false, false, true, true] });
});
