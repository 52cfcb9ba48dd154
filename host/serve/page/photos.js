// All photos that the page knows, and the list of them.
import { element, fileName, image, size } from './api.js';

/** By key, or a name of its own for a file that has none yet. */
const photos = new Map();
const list = document.querySelector('#list');
let changed = () => {};
let chosen;

/** Calls `tell(photo)` after each change. */
export function watch(tell) { changed = tell; }

export const byId = (imageId) => [...photos.values()].find((photo) => photo.imageId === imageId);

/** A photo that is new, or known by its key. New ones stand first; those that the server lists, in its order. */
function photo(key, { last = false } = {}) {
  let found = photos.get(key);
  if (!found) {
    found = { key, name: fileName(key), status: 'waiting', done: 0, of: 1, steps: [], row: element('li') };
    photos.set(key, found);
    if (last) list.append(found.row);
    else list.prepend(found.row);
  }
  return found;
}

/** A file that is about to be uploaded: what `upload` tells. */
export function begin(file) {
  const name = `file ${photos.size} ${Math.random()}`;
  const found = photo(name);
  Object.assign(found, { name: file.name, bytes: file.size, status: 'uploading' });
  render(found);
  return {
    photo: found,
    begins(key) {
      photos.delete(name);
      // The server may have told of it already.
      photos.get(key)?.row.remove();
      photos.set(key, Object.assign(found, photos.get(key), { key, name: file.name, row: found.row }));
      render(found);
    },
    progress(share) {
      if (found.status !== 'uploading') return;
      found.share = share;
      render(found);
    },
    failed(reason) {
      Object.assign(found, { status: 'refused', reason });
      render(found);
    },
  };
}

/** An event of the server's. */
export function happened(name, data) {
  if (name !== 'step') return settled(data);
  const found = photo(data.key);
  const same = (step) => step.at === data.at && step.step === data.step && step.object === data.object;
  if (!found.steps.some(same)) found.steps.push(data);
  found.imageId = data.imageId;
  found.bytes ??= data.bytes;
  if (found.item?.status === 'completed') return render(found);
  const status = data.step === 'uploaded' || data.step === 'waits' ? 'waiting' : 'working';
  Object.assign(found, { status, done: data.done, of: data.of });
  return render(found);
}

/** An item, from the list or as an outcome. */
export function settled(item, place) {
  const found = photo(item.originalKey, place);
  // A completed one stays so; a failed one may be tried again, and then is told anew.
  if (found.item?.status === 'completed') return;
  const { id, ...rest } = item;
  Object.assign(found, { item: rest, imageId: item.imageId, bytes: item.originalSize, status: item.status,
    reason: item.reason, done: found.of });
  render(found);
}

/** It is deleted. */
export function forget({ key, row }) {
  photos.delete(key);
  row.remove();
}

/** Which one stands beside the list. */
export function choose(imageId) {
  chosen = imageId;
  for (const each of photos.values()) mark(each);
}

function mark({ row, imageId }) {
  const link = row.querySelector('a');
  if (imageId && imageId === chosen) link?.setAttribute('aria-current', 'true');
  else link?.removeAttribute('aria-current');
}

/** How far it is, of 1. Undefined where nothing is under way. */
export function share({ status, share: sent, done, of }) {
  if (status === 'uploading') return sent ?? 0;
  return status === 'waiting' || status === 'working' ? done / of : undefined;
}

const STEPS = { uploaded: 'Waiting for its turn', started: 'Reading', read: 'Rendering', recorded: 'Recorded',
  waits: 'Waiting for another attempt' };

/** Where it is, in words. */
export function says({ status, share: sent, steps, item, bytes, reason }) {
  const last = steps.at(-1);
  switch (status) {
    case 'uploading': return sent === undefined ? 'Waiting to upload' : `Uploading, ${Math.round(sent * 100)} %`;
    case 'completed': return `${size(bytes)} → ${size(item.compressedSize)}`;
    case 'failed': return 'Failed';
    case 'refused': return `Not uploaded: ${reason}`;
    default: return last?.step === 'stored' ? `Stored ${stored(last)}` : STEPS[last?.step] ?? 'Waiting for its turn';
  }
}

/** The rendition that a step has stored. */
export function stored({ object }) {
  const [kind, preset] = object.split('/');
  return kind === 'thumbnails' ? `thumbnail “${preset}”` : 'the compressed image';
}

function render(found) {
  const { row, name, status, imageId, key } = found;
  const picture = status === 'completed'
    ? element('img', { src: image('preset=small', key), alt: '', width: 48, height: 48 })
    : element('span', { className: `dot ${status}`, 'aria-hidden': 'true' });
  if (row.dataset.status !== status || row.dataset.id !== (imageId ?? '')) {
    const words = element('span', { className: 'words' }, element('strong', { title: name }, name), element('span', { className: 'soft' }));
    const body = imageId ? element('a', { href: `#${imageId}` }) : element('div');
    body.append(picture, words);
    row.replaceChildren(body);
    Object.assign(row.dataset, { status, id: imageId ?? '' });
    mark(found);
  }
  row.querySelector('.soft').textContent = says(found);
  bar(row, share(found), name);
  changed(found);
}

function bar(row, value, name) {
  let progress = row.querySelector('progress');
  if (value === undefined) return progress?.remove();
  if (!progress) row.append(progress = element('progress', { max: 1, 'aria-label': `Progress of ${name}` }));
  progress.value = value;
  return undefined;
}
