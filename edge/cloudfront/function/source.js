// Which photo a path means: what edge/delivery/src/{url,source,remote}.rs read and write.
import { checked, decode, encode, once, refuse } from './text.js';

export function isRemote(text) {
  return /^https?:/.test(text.slice(0, 8).toLowerCase().replace('%3a', ':'));
}

/** `path`, the source's canonical spelling; and, of a remote one, its `origin`. */
export function readSource(text, query) {
  if (!isRemote(text)) return { path: key(text) };
  let url = openQuery(text.indexOf('://') < 0 ? decode(text) : text);
  if (query) url += '?' + query;
  return remote(url);
}

function key(text) {
  const segments = text.split('/').map((segment) => {
    const decoded = decode(segment);
    if (decoded.indexOf('/') >= 0 || /^\.{0,2}$/.test(decoded)) refuse(text);
    return decoded;
  });
  const path = segments.map(encode).join('/');
  // A sign that is encoded is one byte in the key.
  if (segments[0] === 'remote' || path.replace(/%../g, '.').length > 700) refuse(text);
  return path;
}

/** The first question mark begins the query even where it is encoded. */
function openQuery(text) {
  const mark = text.toUpperCase().indexOf('%3F');
  if (mark < 0 || text.slice(0, mark).indexOf('?') >= 0) return text;
  return text.slice(0, mark) + '?' + text.slice(mark + 3);
}

// The last label has no digit first: to some readers it would be an address.
const HOST = /^([A-Za-z0-9-]{1,63}\.)*(?![0-9])[A-Za-z0-9-]{1,63}$/;

function remote(url) {
  const parts = once(url, '://');
  const scheme = parts[0].toLowerCase();
  const rest = parts[1] || '';
  const end = rest.search(/[/?#]/);
  const authority = once(end < 0 ? rest : rest.slice(0, end), ':');
  const host = authority[0];
  const usual = scheme === 'http' ? 80 : 443;
  const port = authority[1] === undefined ? usual : /^[0-9]+$/.test(authority[1]) ? Number(authority[1]) : 0;
  if (!/^https?$/.test(scheme) || !HOST.test(host) || host.length > 253 || port < 1 || port > 65535) refuse(url);
  const origin = scheme + '://' + host.toLowerCase() + (port === usual ? '' : ':' + port);
  const path = target(end < 0 ? '' : rest.slice(end));
  if (origin.length + path.length > 2048) refuse(url);
  return { path: origin + path.replace('?', '%3F'), origin: origin };
}

/** Path and query, with one spelling of each sign. */
function target(text) {
  if (/%(?![0-9a-fA-F]{2})|#/.test(text)) refuse(text);
  const parts = once(text, '?');
  const climbs = (segment) => /^\.{1,2}$/.test(segment.replace(/%2e/gi, '.'));
  if (parts[0].split('/').some(climbs)) refuse(text);
  const path = signs(parts[0]);
  return (path || '/') + (parts[1] === undefined ? '' : '?' + signs(parts[1]).replace(/\?/g, '%3F'));
}

function signs(text) {
  const whole = (part) => part.split('/').map(encode).join('/').replace(/%3F/g, '?');
  return checked(text)
    .split(/(%..)/)
    .map((part, at) => (at % 2 ? part.toUpperCase() : whole(part)))
    .join('');
}
