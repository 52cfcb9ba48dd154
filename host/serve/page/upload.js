// From a file to the raw bucket: asks for a URL, then sends the bytes there.
import { ask } from './api.js';
import { FORMATS } from './options.js';

/** Uploads at one time. */
const AT_ONCE = 3;

/** Media types by the endings of names: browsers don't know all of them. */
const TYPES = new Map(FORMATS.filter(({ decoded }) => decoded)
  .flatMap(({ extensions, mediaType }) => extensions.map((extension) => [extension, mediaType])));

/** What may be chosen. */
export const ACCEPT = [...new Set(TYPES.values()), ...[...TYPES.keys()].map((extension) => `.${extension}`)].join();

const waiting = [];
let running = 0;

/**
 * Uploads a file when its turn comes. `told.begins(key)`, `told.progress(share)` and `told.failed(reason)` are called;
 * what happens after the last byte, the server's events tell.
 */
export function upload(file, told) {
  waiting.push({ file, told });
  next();
}

async function next() {
  if (running >= AT_ONCE || waiting.length === 0) return;
  const { file, told } = waiting.shift();
  running += 1;
  try {
    const granted = await grant(file);
    told.begins(granted.key);
    await put(file, granted, told.progress);
  } catch (error) {
    told.failed(error.message);
  } finally {
    running -= 1;
    next();
  }
}

async function grant(file) {
  // Systems that don't know a type leave it empty.
  const contentType = file.type || TYPES.get(file.name.split('.').pop().toLowerCase()) || 'application/octet-stream';
  const wish = new URLSearchParams({ filename: file.name, contentType, contentLength: file.size });
  return (await ask(`/upload-url?${wish}`)).json();
}

/** By XMLHttpRequest: fetch tells nothing about what it has sent. */
function put(file, { uploadUrl, headers }, progress) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('PUT', uploadUrl);
    for (const [name, value] of Object.entries(headers)) {
      if (name !== 'content-length' && name !== 'host') request.setRequestHeader(name, value);
    }
    request.upload.addEventListener('progress', ({ loaded, total }) => progress(loaded / total));
    request.addEventListener('error', () => reject(new Error('The connection broke off.')));
    request.addEventListener('load', () => {
      if (request.status === 200) resolve();
      else reject(new Error(said(request) || `The store answered ${request.status}.`));
    });
    request.send(file);
  });
}

/** S3 answers with XML. */
function said({ responseText }) {
  return new DOMParser().parseFromString(responseText, 'text/xml').querySelector('Message')?.textContent;
}
