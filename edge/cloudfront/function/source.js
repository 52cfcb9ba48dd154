// The photo that a path names, as edge/delivery/src/url/{request,source}.rs read and write it.
import { decode, encode } from './text.js';

export function isRemote(text) {
  return /^https?:/.test(text.slice(0, 8).toLowerCase().replace('%3a', ':'));
}

/** The key's canonical spelling; or a remote source unchanged, with its query, for the component to judge. */
export function readSource(text, query) {
  if (!isRemote(text)) return text.split('/').map((segment) => encode(decode(segment))).join('/');
  return text + (query && '%3F' + query.replace(/\?/g, '%3F'));
}
