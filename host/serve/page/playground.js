// The recipe's options, tried out: the URL that they make, and the image behind it.
import { duration, element, format, image, reason, size } from './api.js';
import { quality } from './score.js';

/** How long after the last change the image is asked for, in milliseconds. */
const REST = 300;

const GRAVITIES = ['center', 'auto', 'left', 'right', 'top', 'bottom', 'top-left', 'top-right', 'bottom-left',
  'bottom-right'];

/** docs/recipes.md, without what unsigned URLs may not ask for. The first choice is the default, and not put in. */
const OPTIONS = [
  { name: 'width', label: 'Width', max: 65535, min: 1, value: 640, usual: 'auto' },
  { name: 'height', label: 'Height', max: 65535, min: 1, usual: 'auto' },
  { name: 'fit', label: 'Fit', choices: ['scale-down', 'contain', 'cover', 'crop', 'pad', 'squeeze'] },
  { name: 'gravity', label: 'Gravity', choices: GRAVITIES },
  { name: 'format', label: 'Format', choices: ['webp', 'auto', 'avif', 'jpeg', 'png'] },
  { name: 'quality', label: 'Quality', min: 1, max: 100, usual: 'default' },
  { name: 'blur', label: 'Blur', min: 0, max: 250, step: 0.5, usual: '0' },
  { name: 'sharpen', label: 'Sharpen', min: 0, max: 10, step: 0.1, usual: '0' },
  { name: 'rotate', label: 'Rotate', choices: ['0', '90', '180', '270'] },
  { name: 'flip', label: 'Flip', choices: ['none', 'h', 'v', 'hv'] },
  { name: 'trim', label: 'Trim', choices: ['none', 'border'] },
  { name: 'background', label: 'Background', type: 'text', usual: 'none' },
  { name: 'dpr', label: 'Pixel ratio', choices: ['1', '2', '3', '4'] },
  { name: 'metadata', label: 'Metadata', choices: ['none', 'copyright', 'keep'] },
];

/** Fills a section for one photo. */
export function playground(section, { key, imageId }) {
  const form = element('form', { className: 'options' }, ...OPTIONS.map(field));
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

function field({ name, label, choices, value, usual, ...range }) {
  const id = `option-${name}`;
  const input = choices
    ? element('select', { id, name }, ...choices.map((choice) => element('option', { value: choice }, choice)))
    : element('input', { id, name, type: 'number', placeholder: usual, defaultValue: value ?? '', ...range });
  return element('div', {}, element('label', { for: id }, label), input);
}

/** The text of a recipe: what differs from the default, in the order of docs/recipes.md. */
function options(form) {
  const set = OPTIONS.map(({ name, choices }) => {
    // A number field keeps what is no number to itself.
    const value = form.elements[name].value.trim();
    const usual = !value || (choices && value === choices[0] && name !== 'format');
    return usual ? '' : `${name}=${encodeURIComponent(value)}`;
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
