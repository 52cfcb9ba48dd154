// The recipe's options, tried out: the URL that they make, and the image behind it.
import { duration, element, format, image, reason, size } from './api.js';
import { OPTIONS } from './options.js';
import { quality } from './score.js';

/** How long after the last change the image is asked for, in milliseconds. */
const REST = 300;

/** What people try first; the others follow by name. */
const FIRST = ['width', 'height', 'fit', 'gravity', 'format', 'quality'];

const rank = (name) => FIRST.indexOf(name) + 1 || FIRST.length + 1;

/** Without what an unsigned URL may not ask for. */
const FIELDS = OPTIONS.filter((option) => !option.costly)
  .sort((a, b) => rank(a.name) - rank(b.name) || a.name.localeCompare(b.name));

/** Fills a section for one photo. */
export function playground(section, { key, imageId }) {
  const form = element('form', { className: 'options' }, ...FIELDS.map(field));
  const link = element('a', { className: 'url', target: '_blank', rel: 'noopener' });
  const picture = element('img', { alt: 'What these options make', hidden: true });
  const facts = element('p', { className: 'soft', role: 'status' });
  const problem = element('p', { className: 'problem', role: 'alert' });
  const judge = element('button', { type: 'button' }, 'Measure SSIMULACRA2');
  const clear = element('button', { type: 'button' }, 'Reset');
  section.replaceChildren(
    element('div', { className: 'row' }, element('h3', {}, 'Playground'), clear),
    element('div', { className: 'try' }, form,
      element('div', { className: 'outcome' }, link, facts, problem, element('div', { className: 'canvas' }, picture),
        judge)),
  );
  let asked;
  const show = async () => {
    asked?.abort();
    const mine = asked = new AbortController();
    const made = await make(image(options(form) || 'format=webp', key), mine.signal);
    if (mine.signal.aborted) return;
    problem.textContent = made.problem ?? '';
    facts.textContent = made.facts ?? '';
    picture.hidden = judge.hidden = !made.blob;
    if (made.blob) await place(picture, made, facts);
  };
  let timer;
  const soon = () => {
    const path = image(options(form) || 'format=webp', key);
    Object.assign(link, { href: path, textContent: path });
    clearTimeout(timer);
    timer = setTimeout(show, REST);
  };
  form.addEventListener('input', soon);
  form.addEventListener('submit', (event) => event.preventDefault());
  clear.addEventListener('click', () => { form.reset(); soon(); });
  judge.addEventListener('click', async () => {
    judge.disabled = true;
    const format = /^image\/(\w+)/.exec(picture.dataset.type)[1];
    const wanted = options(form).replace('format=auto', `format=${format}`) || 'format=webp';
    const [score, meaning] = await quality(imageId, wanted);
    facts.append(`; SSIMULACRA2 ${score}, ${meaning}`);
    judge.disabled = false;
  });
  soon();
}

function field(option) {
  const id = `option-${option.name}`;
  const label = element('label', { for: id, title: option.doc }, title(option.name));
  return element('div', {}, label, control(id, option));
}

const title = (name) => name[0].toUpperCase() + name.slice(1).replaceAll('-', ' ');

function control(id, { name, kind, words, least, most, ...option }) {
  if (kind === 'words') {
    const choices = name === 'format' ? [...words, 'auto'] : words;
    const choice = (word) => element('option', { value: word, defaultSelected: word === option.default }, word);
    return element('select', { id, name }, ...choices.map(choice));
  }
  const shared = { id, name, placeholder: option.default, defaultValue: name === 'width' ? 640 : '' };
  if (kind === 'text') return element('input', { ...shared, type: 'text' });
  return element('input', { ...shared, type: 'number', min: least, max: most, step: kind === 'decimal' ? 'any' : 1 });
}

/** The text of a recipe: what differs from the default. The format always stands in it. */
function options(form) {
  const set = FIELDS.map((option) => {
    // A number field keeps what is no number to itself.
    const value = form.elements[option.name].value.trim();
    const usual = !value || (value === option.default && option.name !== 'format');
    return usual ? '' : `${option.name}=${encodeURIComponent(value)}`;
  });
  return set.filter(Boolean).join(',');
}

/** Asks for an image and takes the time. */
async function make(path, signal) {
  const started = performance.now();
  try {
    const response = await fetch(path, { signal });
    if (!response.ok) return { problem: await reason(response) };
    const blob = await response.blob();
    return { blob, took: performance.now() - started, instead: response.headers.get('darkroom-reason') };
  } catch (error) {
    return { problem: signal.aborted ? undefined : error.message };
  }
}

async function place(picture, { blob, took, instead }, facts) {
  URL.revokeObjectURL(picture.src);
  picture.src = URL.createObjectURL(blob);
  picture.dataset.type = blob.type;
  await picture.decode().catch(() => {});
  const { naturalWidth: width, naturalHeight: height } = picture;
  facts.textContent = `${width} × ${height}, ${format(blob.type)}, ${size(blob.size)}, ${duration(took)}`
    + (instead ? `; the original: ${instead}` : '');
}
