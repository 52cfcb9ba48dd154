// A crashed instance is replaced. No photo is known to crash the image core, so here the call around it traps in
// WebAssembly, as the core would.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { handlerOf } from '../lambda/handler.mjs';
import { Store } from '../lambda/store.mjs';
import { UPLOAD, body, context, event, header, root, sample, startStore } from './harness.mjs';

const built = join(root, 'target/cloudfront');
const settings = (endpoint) =>
  JSON.stringify({
    region: 'eu-central-1',
    endpoint,
    buckets: { raw: 'all', processed: 'all', thumbnails: 'all' },
    delivery: { avif: 'wait' },
    limits: { store_ms: 5_000, spare_ms: 0 },
  });

let store;
let instantiate;
let module;
before(async () => {
  store = await startStore({ [UPLOAD]: await sample('seeding.jpg') });
  ({ instantiate } = await import(pathToFileURL(join(built, 'edge.js')).href));
  module = new WebAssembly.Module(await readFile(join(built, 'edge.core.wasm')));
});
after(() => store.stop());

/** A handler whose component traps the first `times` times, while `resume` holds an original. */
function crashing(times) {
  const counted = { instances: 0, replies: 0 };
  const real = new Store(JSON.parse(settings(store.endpoint)));
  const instance = () => {
    counted.instances++;
    const traps = counted.instances <= times;
    const { delivery } = instantiate(() => module, {});
    return {
      begin: delivery.begin,
      resume: (reply, clock) => (traps && reply.tag === 'found' ? trap() : delivery.resume(reply, clock)),
    };
  };
  const counting = {
    do: (step) => (counted.replies++, real.do(step)),
    domain: (name) => real.domain(name),
    encode: real.encode,
  };
  return { counted, handler: handlerOf({ settings: settings(store.endpoint), store: counting, instance }) };
}

/** WebAssembly's own trap: a module whose only function is `unreachable`. */
function trap() {
  const head = [0, 97, 115, 109, 1, 0, 0, 0];
  const bytes = [...head, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 7, 5, 1, 1, 116, 0, 0, 10, 5, 1, 3, 0, 0, 11];
  return new WebAssembly.Instance(new WebAssembly.Module(new Uint8Array(bytes))).exports.t();
}

test('a crash costs one answer, which tells nothing of it, and the next request has a sound instance', async () => {
  const { counted, handler } = crashing(1);
  const uri = `/image/width=320/${UPLOAD}`;
  const response = await handler(event('make', uri), context());
  assert.equal(response.status, '500');
  assert.equal(header(response, 'cache-control'), 'no-store');
  assert.equal(String(body(response)), 'internal error\n');
  assert.equal(counted.instances, 2);
  assert.equal(counted.replies, 2, 'the rendition and the original were asked for once');
  const next = await handler(event('make', uri), context());
  assert.equal(header(next, 'content-type'), 'image/webp');
  assert.equal(counted.instances, 3);
});

test('a component that only crashes leaves it to the origin function', async () => {
  const { handler } = crashing(Infinity);
  const uri = `/image/width=320/${UPLOAD}`;
  assert.equal((await handler(event('make', uri), context())).uri, uri);
});
