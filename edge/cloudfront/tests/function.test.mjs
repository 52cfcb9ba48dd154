// The function as it would be uploaded: its size, its syntax, its store. edge/delivery/tests/cloudfront.rs compares its
// decisions with the Rust code.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from './harness.mjs';
import { faults, load } from './runtime.mjs';

const code = await readFile(join(root, 'target/cloudfront/viewer-request.js'), 'utf8');
const NOW = 1000;

const ask = (uri, query, headers = {}, values = {}) => {
  const request = { method: 'GET', uri, querystring: {}, headers, rawQueryString: () => query };
  return load(code, values, NOW)({ request });
};

test('it leaves 2 KB of CloudFront\'s 10 to a configuration and to what comes, and is of what its runtime has', () => {
  assert.ok(Buffer.byteLength(code) <= 8_192, `${Buffer.byteLength(code)} bytes`);
  assert.deepEqual(faults(code), []);
});

for (const [what, source] of [
  ['classes', 'class A {}'],
  ['spread', 'f(...a)'],
  ['destructuring', 'const { a } = b;'],
  ['defaults', 'function f(a = 1) {}'],
  ['for-of', 'for (const a of b) {}'],
  ['shorthand', 'f({ a })'],
  ['async closures', 'const f = async () => 1;'],
  ['await as an argument', 'async function f() { g(await h()); }'],
  ['look-behind', 'f(/(?<=a)b/)'],
  ['the flag u', 'f(/a/u)'],
  ['other modules', "import a from 'b';"],
]) {
  test(`the check knows that the runtime has no ${what}`, () => assert.notDeepEqual(faults(source), []));
}

test('the engine that it runs in has no more than the runtime', async () => {
  const expressions = ['new Map()', '[1].flat()', '"a".at(0)', 'Object.fromEntries([])', 'fetch("x")', 'process.exit()'];
  for (const beyond of [...expressions, 'eval("1")']) {
    const handler = load(`async function handler() { return ${beyond}; }`, {}, NOW);
    await assert.rejects(handler({}), beyond);
  }
});

test('several lines of a field are one list', async () => {
  const accept = { value: 'image/webp', multiValue: [{ value: 'image/webp;q=0.5' }, { value: 'image/avif' }] };
  const request = await ask('/image/w=640/a.jpg', undefined, { accept });
  assert.equal(request.headers['x-darkroom-verified'].value, 'avif-webp');
});

test('what only Lambda@Edge may say is not taken from clients', async () => {
  const path = { value: '/image/width=9/other.jpg' };
  const headers = { 'x-darkroom-path': path, 'x-darkroom-verified': { value: 'any;signed' } };
  const request = await ask('/image/w=640/a.jpg', undefined, headers);
  assert.equal(request.headers['x-darkroom-path'], undefined);
  assert.equal(request.headers['x-darkroom-verified'].value, 'any');
  assert.deepEqual(Object.keys(request.querystring), []);
});

test('either of the store\'s keys verifies, and none where it has none', async () => {
  const path = '/image/width=641/a.jpg';
  const query = (key, exp) => {
    const code = createHmac('sha256', key).update(`${path}?exp=${exp}`).digest('hex');
    return `exp=${exp}&sig=${code}`;
  };
  const both = { 'signing-key-1': 'the newer key of two', 'signing-key-2': 'the older key of two' };
  for (const [key, exp, values, expected] of [
    ['the newer key of two', NOW + 1, both, path],
    ['the older key of two', NOW + 1, both, path],
    ['the older key of two', NOW, both, 403],
    ['another key of nobody', NOW + 1, both, 403],
    ['the newer key of two', NOW + 1, {}, 403],
    ['the newer key of two', NOW + 1, { 'signing-key-1': 'the newer key of two' }, path],
  ]) {
    const answer = await ask(path, query(key, exp), {}, values);
    assert.equal(answer.statusCode ?? answer.uri, expected, key);
  }
  assert.equal((await ask(path, undefined)).uri, '/image/width=641/a.jpg', 'unsigned, as wide as it asks');
});

test('an error says what was wrong, in plain text, and is kept for seconds', async () => {
  const answer = await ask('/image/width=80/a%zz.jpg', undefined);
  assert.equal(answer.statusCode, 400);
  assert.equal(answer.body, '/image/width=80/a%zz.jpg: not allowed\n');
  assert.equal(answer.headers['content-type'].value, 'text/plain; charset=utf-8');
  assert.equal(answer.headers['cache-control'].value, 'public, max-age=5');
});
