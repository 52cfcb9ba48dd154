// Failures, and the responses that a client gets for them.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { CHROME, bytes, eventually, fixture, kind, sample } from '../helpers.mjs';
import { start } from './shell.mjs';

let shell;
let origin;
let base;
before(async () => {
  origin = createServer(answer).listen(0, '127.0.0.1');
  await new Promise((ready) => origin.once('listening', ready));
  base = `http://localhost:${origin.address().port}`;
  const exif = await fixture('good/jpeg-exif.jpg');
  const objects = {
    'photo.jpg': await sample('seeding.jpg'),
    'truncated.jpg': await fixture('bad/no-data.jpg'),
    'huge.png': await fixture('bad/huge.png'),
    'lab.tiff': await fixture('bad/lab.tiff'),
    'place.jpg': await fixture('good/jpeg-exif.jpg'),
    'place-truncated.jpg': exif.subarray(0, exif.lastIndexOf(Buffer.from([0xff, 0xda])) + 14),
    'damaged.jpg': await fixture('bad/truncated.jpg'),
    'page.pdf': '%PDF-1.7',
    'drawing.svg': '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script><g></svg>',
    'page.jpg': '<html><script>alert(1)</script></html>',
  };
  const settings = {
    delivery: { remote_origins: [base] },
    limits: { source_bytes: 1 << 20, origin_ms: 1000, queue_ms: 100, concurrency: 1 },
  };
  shell = await start({ settings, objects });
});
after(async () => {
  await shell.stop();
  origin.closeAllConnections();
  origin.close();
});

/** An origin with configurable failures. */
async function answer(request, response) {
  const photo = await sample('seeding.jpg');
  const path = request.url;
  if (path === '/photo.jpg') response.writeHead(200, { etag: '"one"' }).end(photo);
  else if (path === '/moved.jpg') response.writeHead(302, { location: '/photo.jpg' }).end();
  else if (path === '/inside.jpg') response.writeHead(302, { location: 'http://127.0.0.1:9/secret' }).end();
  else if (path === '/elsewhere.jpg') response.writeHead(302, { location: 'https://other.example/a.jpg' }).end();
  else if (path === '/round.jpg') response.writeHead(302, { location: '/round.jpg' }).end();
  else if (path === '/large.jpg') response.writeHead(200).end(Buffer.alloc((1 << 20) + 1));
  else if (path === '/broken') response.writeHead(503).end();
  else if (path.startsWith('/slow')) setTimeout(() => response.writeHead(200).end(photo), path === '/slow.jpg' ? 3000 : 400);
  else response.writeHead(404).end();
}

const remote = (name, options = 'width=64,format=webp') => `/image/${options}/${base}/${name}`;

for (const [what, path, headers, status, message] of [
  ['an unknown option', '/image/wide=80/photo.jpg', {}, 400, /wide/],
  ['a wrong value', '/image/width=big/photo.jpg', {}, 400, /width=big: must be/],
  ['a path that two readers could split differently', '/image/width=80/a%2fb.jpg', {}, 400, /encoded slash/],
  ['a wrong signature', '/image/width=80/photo.jpg?sig=00', {}, 403, /sig/],
  ['an origin that is not listed', '/image/width=80/https://other.example/a.jpg', {}, 403, /other\.example/],
  ['what only signed URLs may', '/image/width=80,lossless=true/photo.jpg', {}, 403, /lossless/],
  ['metadata that may tell where somebody lives', '/image/metadata=keep/place.jpg', {}, 403, /metadata=keep/],
  ['an option that the source can not follow', '/image/trim=65535;0;0;0/photo.jpg', {}, 400, /trim=65535;0;0;0/],
  ['more pixels than unsigned URLs may have', '/image/width=3840,height=9000,fit=pad/photo.jpg', {}, 422, /34560000.*25000000/],
  ['enlarging beyond twice', '/image/width=640,height=480,fit=cover/place.jpg', {}, 422, /enlargement.*must be at most 2/],
  ['a source beyond the limits', '/image/width=81/huge.png', { accept: CHROME }, 422, /must be at most/],
  ['a kind of TIFF that is not read', '/image/width=80/lab.tiff', {}, 415, /^source: .*CIELAB.*\n$/],
  ['an unknown preset', '/image/preset=gigantic/photo.jpg', {}, 404, /gigantic/],
  ['a missing original', '/image/width=80/missing.jpg', {}, 404, /missing\.jpg/],
  ['another path', '/elsewhere', {}, 404, /not found/],
  ['nothing that is accepted', '/image/width=80/photo.jpg', { accept: 'text/html' }, 406, /./],
  ['a format that is known by name', '/image/width=80/page.pdf', {}, 415, /PDF/],
  ['a broken drawing, which is not passed on', '/image/width=80/drawing.svg', { accept: CHROME }, 422, /broken data/],
  ['a page that calls itself a photo', '/image/width=80/page.jpg', {}, 415, /first bytes/],
  ['a broken photo that the client does not take', '/image/width=80,format=webp/truncated.jpg', { accept: 'image/webp' }, 422, /./],
]) {
  test(`${what}: ${status}`, async () => {
    const response = await shell.get(path, headers);
    const text = await response.text();
    assert.equal(response.status, status, text);
    assert.match(text, message);
    assert.equal(response.headers.get('content-type'), 'text/plain; charset=utf-8');
    assert.match(response.headers.get('cache-control'), /no-store|max-age=[0-5]$/);
  });
}

test('another method: 405', async () => {
  const response = await shell.get('/image/width=80/photo.jpg', {}, { method: 'POST' });
  assert.equal(response.status, 405);
  assert.equal(response.headers.get('allow'), 'GET, HEAD, OPTIONS');
});

test('a preflight: 204', async () => {
  const response = await shell.get('/image/width=80/photo.jpg', { origin: 'https://a.example' }, { method: 'OPTIONS' });
  assert.equal(response.status, 204);
  assert.equal(response.headers.get('access-control-allow-origin'), '*');
});

test('remote originals, also behind a redirect that stays', async () => {
  for (const name of ['photo.jpg', 'moved.jpg']) {
    const response = await shell.get(remote(name));
    assert.equal(response.status, 200, name);
    assert.equal(kind(await bytes(response)), 'webp');
  }
});

for (const [name, status, message] of [
  ['gone.jpg', 404, /not found/],
  ['inside.jpg', 502, /redirects to/],
  ['elsewhere.jpg', 502, /not an allowed origin/],
  ['round.jpg', 502, /redirects/],
  ['broken', 502, /503/],
  ['large.jpg', 422, /1048576/],
  ['slow.jpg', 504, /1 s/],
]) {
  test(`an origin's ${name}: ${status}`, async () => {
    const response = await shell.get(remote(name));
    const text = await response.text();
    assert.equal(response.status, status, text);
    assert.match(text, message);
  });
}

test('more at once than there is room for: 503, and the next is fine', async () => {
  const paths = [1, 2, 3, 4].map((n) => remote(`slowly.jpg?${n}`));
  const statuses = await Promise.all(paths.map(async (path) => (await shell.get(path)).status));
  assert.ok(statuses.includes(200) && statuses.includes(503), String(statuses));
  const response = await shell.get('/image/width=65,format=webp/photo.jpg');
  assert.equal(response.status, 200);
});

test("a broken photo can't be rendered: it is sent as it is, for a short time, with the reason", async () => {
  const response = await shell.get('/image/width=81/truncated.jpg', { accept: CHROME });
  assert.equal(response.status, 200);
  assert.equal(response.headers.get('content-type'), 'image/jpeg');
  assert.match(response.headers.get('darkroom-reason'), /source: /);
  assert.equal(response.headers.get('cache-control'), 'public, max-age=60');
  assert.deepEqual(await bytes(response), new Uint8Array(await fixture('bad/no-data.jpg')));
});

test('a damaged photo is shown as far as it is there, and the answer says so', async () => {
  const path = '/image/width=48,format=webp/damaged.jpg';
  for (const store of ['made', 'stored']) {
    const response = await shell.get(shell.fresh(path));
    assert.equal(response.status, 200, store);
    assert.match(response.headers.get('darkroom-reason'), /^source: damaged/, store);
    await eventually('the variant', () => shell.stored('processed', 'variants/damaged.jpg/format=webp,width=48.webp'));
  }
  const facts = await (await shell.get('/image/width=48,format=json/damaged.jpg')).json();
  assert.equal(facts.original.damaged, true);
  const whole = await shell.get('/image/width=48,format=webp/photo.jpg');
  assert.equal(whole.headers.get('darkroom-reason'), null);
  const refused = await shell.get('/image/width=48,format=webp,on-damage=refuse/damaged.jpg');
  assert.equal(refused.status, 422);
  assert.match(await refused.text(), /broken data/);
});

test('nobody without a signature gets more of EXIF than whose photo it is', async () => {
  for (const path of [
    '/image/width=81/place-truncated.jpg',
    '/image/format=auto/place.jpg',
    '/image/quality=100/place.jpg',
    '/image/quality=100,format=jpeg,metadata=copyright/place.jpg',
    '/image/width=80,format=json,metadata=copyright/place.jpg',
    '/image/preset=compressed,format=avif/place.jpg',
  ]) {
    for (const accept of [CHROME, 'image/jpeg', '*/*']) {
      const text = Buffer.from(await bytes(await shell.get(path, { accept }))).toString('latin1');
      assert.doesNotMatch(text, /Canon|GPS|N\0\0\0/, `${path} ${accept}`);
    }
  }
});

test('onerror=redirect sends the browser to the original', async () => {
  const response = await shell.get(remote('large.jpg', 'width=64,format=webp,onerror=redirect'));
  assert.equal(response.status, 302);
  assert.equal(response.headers.get('location'), `${base}/large.jpg`);
});

test('a default image takes the place of a missing one', async () => {
  const other = await start({
    settings: { delivery: { default_image: 'default.jpg' } },
    objects: { 'default.jpg': await sample('seeding.jpg') },
  });
  try {
    const response = await other.get('/image/width=90,format=webp/missing.jpg');
    assert.equal(response.status, 404);
    assert.equal(kind(await bytes(response)), 'webp');
    assert.match(response.headers.get('darkroom-reason'), /missing\.jpg/);
  } finally {
    await other.stop();
  }
});
