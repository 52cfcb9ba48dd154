// Two images on each other, and a slider between them.
import { element } from './api.js';

/**
 * Fills a figure. The slider is an ordinary range: arrows, Home, End and Page keys move it as anywhere.
 * Resolves with both images' own sizes.
 */
export function compare(figure, { original, result, name }) {
  const before = element('img', { className: 'before', alt: `${name}, the original`, src: original.src, draggable: false });
  const after = element('img', { className: 'after', alt: `${name}, the result`, src: result, draggable: false });
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
  return Promise.all([loaded(before, original.instead), loaded(after)]);
}

/** An image's own size, as soon as it is there. Not every browser shows TIFF: then `instead` takes its place. */
function loaded(picture, instead) {
  return new Promise((resolve, reject) => {
    const look = () => resolve({ width: picture.naturalWidth, height: picture.naturalHeight });
    picture.addEventListener('load', look, { once: true });
    picture.addEventListener('error', () => {
      if (instead) picture.src = instead;
      else reject(new Error('The image can’t be shown.'));
      instead = undefined;
    });
    if (picture.complete && picture.naturalWidth) look();
  });
}
