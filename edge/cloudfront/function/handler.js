// The CloudFront Function, on viewer request. It gives all requests with the same response one URL and one list of
// formats in place of `Accept`, so that the cache keeps the response once. It verifies signatures, and normalises what
// its tables know. It passes on everything else for the component to judge, and whether the URL was signed. A test
// compares the result with darkroom_delivery::plan.
import { acceptClass } from './accept.js';
import { applyHints } from './hints.js';
import { apply, applyImgix, fold, written } from './options.js';
import { isSigned, readQuery } from './signature.js';
import { isRemote, readSource } from './source.js';
import { decode, fail, field, once } from './text.js';

export async function handler(event) {
  const request = event.request;
  try {
    if (request.method === 'OPTIONS') return request;
    if (!/^(GET|HEAD)$/.test(request.method)) fail(405, request.method);
    const query = readQuery(request.rawQueryString() || '');
    const keys = query['sig='] === undefined ? [] : await signingKeys();
    return normalise(request, query, isSigned(request.uri, query, keys));
  } catch (error) {
    if (!error.status && !(error instanceof URIError)) throw error;
    return refusal(error.status || 400, error.what || request.uri);
  }
}

/** The store's keys: one, or two during a rotation. Without a key no signature is valid. */
async function signingKeys() {
  const first = await stored('signing-key-1');
  const second = await stored('signing-key-2');
  return [first, second];
}

async function stored(name) {
  try {
    return await cf.kvs().get(name);
  } catch (error) {
    return '';
  }
}

function normalise(request, query, signed) {
  const options = { own: Object.create(null), other: Object.create(null) };
  const source = read(options, request.uri, query);
  // The component refuses these, too; here it costs least.
  const needed = TABLES.mode === 'signed' || (TABLES.mode === 'presets' && !options.own.preset);
  if (needed && !signed) fail(403, 'sig');
  applyHints(options.own, request);
  const accepted = options.own.format ? 'any' : acceptClass(field(request, 'accept'));
  request.uri = TABLES.prefixes[0] + written(options) + '/' + source;
  request.querystring = {};
  request.headers['x-darkroom-verified'] = { value: accepted + (signed ? ';signed' : '') };
  delete request.headers['x-darkroom-path']; // Lambda@Edge's own
  return request;
}

/** Reads options from the path, with Cloudflare's names; or from the query, with imgix's. Returns the source. */
function read(options, uri, query) {
  const prefix = TABLES.prefixes.filter((one) => uri.indexOf(one) === 0)[0] || fail(404, uri);
  const rest = uri.slice(prefix.length);
  const parts = once(rest, '/');
  const inPath = parts[0].indexOf('=') >= 0;
  (inPath ? split(parts[0]) : query.rest).forEach((text) => {
    const pair = once(text, '=');
    if (text) (inPath ? apply : applyImgix)(options, decode(pair[0]), decode(pair[1] || ''));
  });
  if (options.own.width !== 'auto' && !options.other.dpr) fold(options.own);
  if (!inPath) return readSource(rest, '');
  const source = parts[1] || '';
  if (query.rest[0] && !isRemote(source)) fail(400, query.rest[0]);
  return readSource(source, query.rest.join('&'));
}

/** Splits at commas outside parentheses. */
function split(text) {
  const found = [''];
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '(') depth++;
    if (character === ')' && depth) depth--;
    if (character === ',' && !depth) found.push('');
    else found[found.length - 1] += character;
  }
  return found;
}

/** Like the origin's own errors: a short text, cached for seconds. */
function refusal(status, what) {
  const headers = {
    'content-type': { value: 'text/plain; charset=utf-8' },
    'cache-control': { value: 'public, max-age=' + TABLES.errorMaxAge },
    'x-content-type-options': { value: 'nosniff' },
  };
  if (status === 405) headers.allow = { value: 'GET, HEAD, OPTIONS' };
  return { statusCode: status, headers: headers, body: what + ': not allowed\n' };
}
