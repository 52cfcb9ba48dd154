// Two images on each other, and a slider between them.
import { element } from './api.js';

/**
 * Fills a figure. The slider is an ordinary range: arrows, Home, End and Page keys move it as anywhere.
 * Resolves with both images' own sizes, as soon as they are there.
 */
export function compare(figure, { original, result, name }) {
  const before = element('img', { className: 'before', alt: `${name}, the original`, src: original.src, draggable: false });
  const after = element('img', { className: 'after', alt: `${name}, the result`, src: result, draggable: false });
  // Not every browser shows TIFF.
  before.addEventListener('error', () => { before.src = original.instead; }, { once: true });
  const slider = element('input', { type: 'range', min: 0, max: 100, step: 1, value: 50,
    'aria-label': 'How much of the original is shown, from the left' });
  const stage = element('div', { className: 'stage' }, after, before,
    element('span', { className: 'tag left', 'aria-hidden': 'true' }, 'Original'),
    element('span', { className: 'tag right', 'aria-hidden': 'true' }, 'Result'),
    slider, element('span', { className: 'handle', 'aria-hidden': 'true' }));
  const show = () => {
    stage.style.setProperty('--at', `${slider.value}%`);
    slider.setAttribute('aria-valuetext', `${slider.value} % original`);
  };
  slider.addEventListener('input', show);
  show();
  figure.replaceChildren(stage);
  const loaded = (img) => new Promise((resolve) => {
    const look = () => resolve({ width: img.naturalWidth, height: img.naturalHeight });
    if (img.complete && img.naturalWidth) look();
    else img.addEventListener('load', look, { once: true });
  });
  return Promise.all([loaded(before), loaded(after)]);
}
