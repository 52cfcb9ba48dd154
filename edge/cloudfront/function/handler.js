// The CloudFront Function, at the viewer's request: one URL, and one word in place of `Accept`, for all requests with the
// same answer, so that the cache keeps it once; and what is refused is refused before the cache is asked. It decides as
// darkroom_delivery::plan does, and a test holds it against that.
import { acceptWord } from './accept.js';
import { applyHints } from './hints.js';
import { apply, applyImgix, climb, finish, written } from './options.js';
import { isSigned, readQuery } from './signature.js';
import { isRemote, readSource } from './source.js';
import { decode, fail, field, meaning, once, refuse } from './text.js';

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

/** The store's keys: one, or two while they are changed. Without one no signature is right. */
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
  const options = {};
  const source = read(options, request.uri, query);
  authorise(options, source.origin, signed);
  applyHints(options, request);
  if (!signed) climb(options);
  const preset = options.preset && (meaning(TABLES.presets, options.preset) || fail(404, options.preset));
  const lossless = options.lossless || preset === 'lossless';
  const word = options.format ? TABLES.words[2] : acceptWord(field(request, 'accept'), lossless ? 'off' : TABLES.avif);
  request.uri = TABLES.prefixes[0] + written(options) + '/' + source.path;
  request.querystring = {};
  request.headers['x-darkroom-accept'] = { value: word };
  delete request.headers['x-darkroom-path']; // Lambda@Edge's own
  return request;
}

/** Options in the path, in Cloudflare's words; or in the query, in imgix's. Returns the source. */
function read(options, uri, query) {
  const prefix = TABLES.prefixes.filter((one) => uri.indexOf(one) === 0)[0] || fail(404, uri);
  const rest = uri.slice(prefix.length);
  const parts = once(rest, '/');
  const inPath = parts[0].indexOf('=') >= 0;
  (inPath ? split(parts[0]) : query.rest).forEach((text) => {
    const pair = once(text, '=');
    if (text) (inPath ? apply : applyImgix)(options, decode(pair[0]), decode(pair[1] || ''));
  });
  finish(options);
  if (!inPath) return readSource(rest, '');
  const source = parts[1] || '';
  if (query.rest[0] && !isRemote(source)) refuse(query.rest[0]);
  return readSource(source, query.rest.join('&'));
}

/** At commas outside parentheses. */
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

function authorise(options, origin, signed) {
  if (origin && (' ' + TABLES.origins + ' ').indexOf(' ' + origin + ' ') < 0) fail(403, origin);
  if (signed) return;
  if (options.metadata === 'keep') fail(403, 'metadata');
  if (TABLES.mode === 'signed') fail(403, 'sig');
  if (TABLES.mode === 'presets' && !options.preset) fail(403, 'preset');
  if (TABLES.mode !== 'open' || TABLES.costly) return;
  if (options.lossless || options['max-bytes'] || options.oversize || options.effort > 0) fail(403, 'costly options');
}

/** As the origin's own errors: a short text, kept for seconds. */
function refusal(status, what) {
  const headers = {
    'content-type': { value: 'text/plain; charset=utf-8' },
    'cache-control': { value: 'public, max-age=' + TABLES.errorMaxAge },
    'x-content-type-options': { value: 'nosniff' },
  };
  if (status === 405) headers.allow = { value: 'GET, HEAD, OPTIONS' };
  return { statusCode: status, headers: headers, body: what + ': not allowed\n' };
}
