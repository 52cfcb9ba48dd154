// The isolate survives every photo: the component's memory is capped, and reused.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { CHROME, bytes, fixture, kind, large, resident, sample, start } from './harness.mjs';

let worker;
before(async () => {
  const objects = {
    'small.jpg': await sample('seeding.jpg'),
    'kleiber.jpg': await large('kleiber-20mp-baseline.jpg'),
    'dragonfly.jpg': await large('dragonfly-13mp-progressive.jpg'),
    'truncated.jpg': await fixture('bad/no-data.jpg'),
    'bomb.png': await fixture('bad/bomb.png'),
  };
  worker = await start({ objects, settings: { delivery: { avif: 'off' } } });
});
after(() => worker.stop());

test('a 20-megapixel and a progressive photo become 800 pixels wide', async () => {
  for (const name of ['kleiber.jpg', 'dragonfly.jpg']) {
    const response = await worker.get(`/image/width=800,format=webp/${name}`);
    assert.equal(response.headers.get('darkroom-reason'), null, name);
    assert.equal(kind(await bytes(response)), 'webp', name);
  }
});

test('what takes more memory than there is: 422', async () => {
  for (const options of ['format=webp', 'format=auto', 'format=png']) {
    const response = await worker.get(`/image/${options}/kleiber.jpg`, { accept: CHROME });
    assert.equal(response.status, 422, options);
    assert.match(await response.text(), /memory/);
  }
});

test('a format that takes more memory than there is becomes WebP, for everybody and for a while', async () => {
  for (const accept of [CHROME, 'image/avif', '*/*']) {
    const response = await worker.get('/image/width=1920,format=avif/kleiber.jpg', { accept });
    assert.equal(kind(await bytes(response)), 'webp', accept);
    assert.match(response.headers.get('darkroom-reason'), /memory/);
    assert.equal(response.headers.get('cache-control'), 'public, max-age=60');
  }
});

test('JPEG XL as large as 74 MiB of memory make it, WebP beyond', async () => {
  // Of the original's 1992 × 1120 pixels.
  const other = await start({ objects: { 'a.jpg': await sample('seeding.jpg') }, settings: { delivery: { avif: 'off', costly_options: true } } });
  try {
    for (const [options, found] of [
      ['width=1200,format=jxl', 'jxl'], // 0.8 megapixels
      ['width=1440,format=jxl', 'webp'], // 1.2
      ['width=1920,format=jxl', 'webp'], // 2.1
      ['format=jxl,lossless=true', 'jxl'], // 2.2, of which every coefficient is kept
      ['width=1200,format=jxl,lossless=true', 'jxl'],
    ]) {
      const response = await other.get(`/image/${options}/a.jpg`, { accept: `image/jxl,${CHROME}` });
      assert.equal(kind(await bytes(response)), found, options);
      assert.equal(/memory/.test(response.headers.get('darkroom-reason')), found === 'webp', options);
    }
    const large = await other.get('/image/width=1920,format=auto/a.jpg', { accept: `image/jxl,${CHROME}` });
    assert.equal(kind(await bytes(large)), 'webp');
  } finally {
    await other.stop();
  }
});

test('a bomb costs nothing', async () => {
  const response = await worker.get('/image/width=100,format=webp/bomb.png');
  assert.equal(response.status, 422);
  assert.match(await response.text(), /must be at most/);
});

test('a component that runs into its cap is replaced', async () => {
  // If told that it has more memory than it is built with, it takes memory that doesn't exist.
  const other = await start({
    objects: { 'kleiber.jpg': await large('kleiber-20mp-baseline.jpg'), 'small.jpg': await sample('seeding.jpg') },
    settings: { limits: { memory: 1 << 30 } },
  });
  try {
    const trapped = await other.get('/image/width=3840,height=3840,fit=contain,blur=5,format=webp/kleiber.jpg', { accept: CHROME });
    assert.equal(trapped.status, 500);
    assert.equal(await trapped.text(), 'internal error\n');
    assert.equal(kind(await bytes(await other.get('/image/width=100,format=webp/small.jpg'))), 'webp');
  } finally {
    await other.stop();
  }
});

test('a hundred large, broken and hostile photos in a row: no growth', async () => {
  const ask = async (n) => {
    const name = ['kleiber.jpg', 'truncated.jpg', 'bomb.png', 'kleiber.jpg'][n % 4];
    // A different width each time, so that neither cache nor store answers.
    const response = await worker.get(`/image/width=64,height=${64 + n},fit=squeeze,format=webp/${name}`);
    await bytes(response);
    assert.equal(response.status, { 'kleiber.jpg': 200 }[name] ?? 422);
  };
  // Instances' garbage is collected some twenty images later: the memory in use is the minimum over many moments.
  const moments = [];
  for (let n = 0; n < 120; n++) {
    await ask(n);
    moments.push(resident());
  }
  const early = Math.min(...moments.slice(20, 60));
  const late = Math.min(...moments.slice(80));
  console.log(`resident memory of workerd: ${early} MiB in the first half, ${late} MiB in the second`);
  assert.ok(late < early + 64, `${early} MiB became ${late} MiB`);
});
