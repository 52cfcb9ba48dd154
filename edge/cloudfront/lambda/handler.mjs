// The two passes of an origin group. The component interprets requests and renders images; this file does its I/O.
//
// The first origin is the bucket, the second the origin function. The origin's custom headers show which of them a
// request goes to: the second has `x-darkroom-pass: make`.

import { createHash } from 'node:crypto';

const PASS = 'x-darkroom-pass';
/** Where the first pass saves the path for the second, in case CloudFront keeps the rewritten request. */
const PATH = 'x-darkroom-path';
/** A key that no object has: the bucket answers as for any missing key, and CloudFront tries the second origin. */
const NOWHERE = '/-';

/** A handler for Lambda; `instance` returns a fresh instance of the component's `delivery`. */
export function handlerOf({ settings, store, instance }) {
  const { limits } = JSON.parse(settings);
  return async (event, context) => {
    const { request } = event.Records[0].cf;
    const makes = passOf(request) === 'make';
    const path = (makes && request.headers[PATH]?.[0].value) || request.uri;
    request.headers[PATH] = [{ key: PATH, value: path }];
    request.uri = path;
    const spare = context.getRemainingTimeInMillis() >= limits.spare_ms;
    if (makes && !spare) return elsewhere(request, 'too little time is left');
    const asked = { method: request.method, path, fields: fieldsOf(request.headers) };
    const ending = await run({ settings, store, instance, asked, pass: makes ? 'make' : 'look' });
    switch (ending.tag) {
      case 'object':
        return toBucket(request, store, ending.val.bucket, ending.val.key);
      case 'nothing':
        return Object.assign(request, { uri: NOWHERE, querystring: '' });
      case 'answer':
        return answer(ending.val);
      default:
        return elsewhere(request, ending.val);
    }
  };
}

function passOf({ origin = {} }) {
  const { customHeaders = {} } = origin.custom ?? origin.s3 ?? {};
  return customHeaders[PASS]?.[0].value;
}

/**
 * Runs a request through the component to its end. A crashed instance is dead: a second one starts over without calling
 * the image core again, and reuses the replies that the first one got.
 */
async function run({ settings, store, instance, asked, pass }) {
  const replies = new Map();
  for (const crashed of [false, true]) {
    try {
      return await walk(instance(), (step) => once(replies, step, () => store.do(step)), settings, asked, pass, crashed);
    } catch (error) {
      if (error.payload !== undefined) throw error; // the configuration's
      console.error(JSON.stringify({ crash: error.message, path: digest(asked.path) }));
    }
  }
  return { tag: 'elsewhere', val: 'the component crashed twice' };
}

async function walk(delivery, take, settings, asked, pass, crashed) {
  let step = delivery.begin(settings, asked, pass, crashed, BigInt(Math.floor(Date.now() / 1000)));
  while (step.tag !== 'done') step = delivery.resume(await take(step), performance.now());
  return step.val;
}

async function once(replies, step, take) {
  const { bucket, key, head } = step.val;
  const name = JSON.stringify([step.tag, bucket, key, head]);
  if (!replies.has(name)) replies.set(name, await take());
  return replies.get(name);
}

const fieldsOf = (headers) =>
  Object.entries(headers).flatMap(([name, lines]) => lines.map(({ value }) => [name, value]));

/** Rewrites the request to an object in the bucket; the second pass sends objects of other buckets. */
function toBucket(request, store, bucket, key) {
  const here = request.origin.s3?.domainName === store.domain(bucket);
  return Object.assign(request, { uri: here ? `/${store.encode(key)}` : NOWHERE, querystring: '' });
}

/** Distinguishes paths in logs, which must not contain users or file names. */
const digest = (path) => createHash('sha256').update(path).digest('hex').slice(0, 16);

/** Rewrites the request for the origin function. */
function elsewhere(request, reason) {
  console.log(JSON.stringify({ elsewhere: reason, path: digest(request.uri) }));
  return request;
}

/** A distribution reads cache tags from one field, regardless of the origin; and S3 gives metadata this prefix. */
const FIELDS = { 'Cache-Tag': 'x-amz-meta-cache-tag' };

/** A response as CloudFront expects it. CloudFront sets the length itself. */
function answer({ status, fields, body }) {
  const headers = {};
  for (const [field, value] of fields) {
    const name = FIELDS[field] ?? field;
    if (name !== 'Content-Length') headers[name.toLowerCase()] = [{ key: name, value }];
  }
  const response = { status: String(status), headers };
  if (body.length === 0) return response;
  return { ...response, body: Buffer.from(body).toString('base64'), bodyEncoding: 'base64' };
}
