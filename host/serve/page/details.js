// One photo: how far it is, and when it is done, what became of it.
import { ask, duration, element, fileName, format, image, reason, size } from './api.js';
import { compare } from './compare.js';
import { forget, says, share, stored } from './photos.js';
import { playground } from './playground.js';
import { quality } from './score.js';
import { snippet } from './snippet.js';

const main = document.querySelector('#details');
const welcome = document.querySelector('#welcome');
const template = document.querySelector('#photo');

/** What is shown: the photo, its elements by their `data-` names, and whether its results stand already. */
let shown;

/** Shows a photo, or an invitation where there is none. */
export function details(photo) {
  if (!photo) {
    shown = undefined;
    main.replaceChildren(welcome);
    return;
  }
  const article = template.content.cloneNode(true).firstElementChild;
  const parts = new Proxy({}, { get: (_, name) => article.querySelector(`[data-${name}]`) });
  shown = { photo, parts, filled: false };
  parts.name.textContent = fileName(photo.key);
  parts.delete.addEventListener('click', () => remove(photo, parts));
  main.replaceChildren(article);
  refresh(photo);
}

/** Brings up to date what is shown, if it is this photo. */
export function refresh(photo) {
  if (shown?.photo !== photo) return;
  const { parts } = shown;
  const under = share(photo);
  parts.state.textContent = photo.status;
  parts.state.dataset.state = photo.status;
  parts.progress.hidden = under === undefined;
  parts.progress.querySelector('progress').value = under ?? 1;
  parts.step.textContent = says(photo);
  parts.reason.hidden = !photo.reason;
  parts.reason.textContent = photo.reason ?? '';
  parts.steps.replaceChildren(...steps(photo));
  parts['steps-box'].hidden = photo.steps.length === 0;
  if (under !== undefined) parts['steps-box'].open = true;
  parts['item-box'].hidden = !photo.item;
  parts.delete.hidden = !photo.item;
  parts['source-box'].hidden = photo.status !== 'completed';
  parts.item.textContent = JSON.stringify(photo.item, null, 2);
  if (photo.status === 'completed' && !shown.filled) {
    shown.filled = true;
    fill(shown).catch(({ message }) => Object.assign(parts.reason, { hidden: false, textContent: message }));
  }
}

/** The original, and all that was made of it. */
async function remove(photo, parts) {
  if (!confirm(`Delete ${photo.name}, and all that was made of it?`)) return;
  parts.delete.disabled = true;
  try {
    await ask(`/images/${photo.imageId}`, { method: 'DELETE' });
    forget(photo);
    location.hash = '';
  } catch ({ message }) {
    Object.assign(parts.reason, { hidden: false, textContent: message });
    parts.delete.disabled = false;
  }
}

const WORDS = { uploaded: 'uploaded', started: 'taken up', read: 'read', recorded: 'recorded', waits: 'put back' };

function steps({ steps: all }) {
  const sorted = [...all].sort((one, other) => one.at - other.at || one.done - other.done);
  return sorted.map((step) => {
    const what = step.step === 'stored' ? `${stored(step)}, ${format(step.type)}` : WORDS[step.step] ?? step.step;
    const facts = [step.bytes && size(step.bytes), step.attempt > 1 && `attempt ${step.attempt}`].filter(Boolean);
    const after = element('span', { className: 'soft' }, `+${duration(step.at - sorted[0].at)}`);
    return element('li', {}, element('span', {}, [what, ...facts].join(', ')), after);
  });
}

/** The results of a completed photo. */
async function fill({ photo, parts }) {
  const { key, item, imageId } = photo;
  parts.result.hidden = false;
  const facts = factSheet(parts.facts);
  facts('Original', size(item.originalSize));
  facts('Result', size(item.compressedSize));
  facts('Saved', `${item.savingsPercent.toFixed(1)} %`, size(Math.max(0, item.originalSize - item.compressedSize)));
  facts('SSIMULACRA2', '…');
  facts('Processing', duration(item.processingTimeMs));
  // The built-in ones first, from small to large; then those that the configuration adds.
  const presets = new Set(['small', 'medium', 'large', ...Object.keys(item.thumbnails)]);
  thumbnails(parts.thumbnails, key, [...presets]);
  copying(parts);
  parts['source-box'].addEventListener('toggle', () => source(parts.source, key), { once: true });
  playground(parts.playground, { key, imageId });
  const original = await (await ask(`/images/${imageId}/original`)).blob();
  const src = URL.createObjectURL(original);
  const instead = image('format=png,anim=false', key);
  const result = image('preset=compressed', key);
  const [before, after] = await compare(parts.compare, { original: { src, instead }, result, name: photo.name });
  URL.revokeObjectURL(src);
  const dimensions = ({ width, height }) => `${width}\u00a0×\u00a0${height}`;
  facts('Original', size(item.originalSize), `${format(original.type)}, ${dimensions(before)}`);
  facts('Result', size(item.compressedSize), `${kind(item.compressedKey)}, ${dimensions(after)}`);
  parts.snippet.textContent = snippet(key, before);
  // It takes a core for a second or two: last, and only if it is still looked at.
  if (shown?.photo === photo) facts('SSIMULACRA2', ...await quality(imageId));
}

/** What delivery knows about the original and the result: asked for when somebody looks, since it costs a rendering. */
async function source(pre, key) {
  const response = await fetch(image('preset=compressed,format=json', key));
  pre.textContent = response.ok ? JSON.stringify(await response.json(), null, 2) : await reason(response);
}

const kind = (key) => format(key.split('.').pop());

/** Sets facts by their name, in the order in which they come first. */
function factSheet(list) {
  const values = new Map();
  return (name, value, more = '') => {
    if (!values.has(name)) {
      values.set(name, element('dd'));
      list.append(element('div', { 'data-fact': name }, element('dt', {}, name), values.get(name)));
    }
    values.get(name).replaceChildren(element('b', {}, value), element('small', {}, more));
  };
}

/** Each of them is loaded once: its bytes are counted, then shown. */
function thumbnails(list, key, presets) {
  list.replaceChildren(...presets.map((preset) => {
    const path = image(`preset=${preset}`, key);
    const picture = element('img', { alt: `Thumbnail, ${preset}` });
    const caption = element('figcaption', {}, preset);
    const link = element('a', { href: path, target: '_blank', rel: 'noopener' }, picture);
    fetch(path).then((response) => response.blob()).then(async (blob) => {
      picture.src = URL.createObjectURL(blob);
      await picture.decode();
      const sizes = `${picture.naturalWidth} × ${picture.naturalHeight}, ${format(blob.type)}, ${size(blob.size)}`;
      caption.append(element('small', {}, sizes));
      URL.revokeObjectURL(picture.src);
    }).catch((error) => caption.append(element('small', {}, error.message)));
    return element('li', {}, element('figure', {}, link, caption));
  }));
}

function copying({ copy, snippet: text }) {
  copy.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(text.textContent);
      copy.textContent = 'Copied';
    } catch {
      // Without https only localhost may use the clipboard: it is selected instead.
      getSelection().selectAllChildren(text);
      copy.textContent = 'Selected';
    }
    setTimeout(() => { copy.textContent = 'Copy'; }, 2000);
  });
}
