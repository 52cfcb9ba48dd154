// Which photo a path means: what edge/delivery/src/url/{request,source}.rs read and write.
import { decode, encode } from './text.js';

export function isRemote(text) {
  return /^https?:/.test(text.slice(0, 8).toLowerCase().replace('%3a', ':'));
}

/** The key's canonical spelling; or a remote source as it is, with its query, for the component to judge. */
export function readSource(text, query) {
  if (!isRemote(text)) return text.split('/').map((segment) => encode(decode(segment))).join('/');
  return text + (query && '%3F' + query.replace(/\?/g, '%3F'));
}
