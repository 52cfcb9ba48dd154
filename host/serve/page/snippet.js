// The element that puts a photo into a page.
import { image } from './api.js';
import { NEGOTIATED } from './options.js';

const WIDTHS = [480, 960, 1440, 1920];

/** A `<picture>` for a photo of this size, its URLs with this origin. */
export function snippet(key, { width, height }, origin = location.origin) {
  const widths = WIDTHS.filter((each) => each < width);
  if (widths.length < WIDTHS.length) widths.push(width);
  const url = (options) => origin + image(options, key);
  const source = (format) => {
    const set = widths.map((each) => `${url(`width=${each},format=${format}`)} ${each}w`);
    return `  <source type="image/${format}" sizes="100vw"\n    srcset="${set.join(',\n      ')}">`;
  };
  const middle = widths[Math.min(1, widths.length - 1)];
  return `<picture>
${NEGOTIATED.map(source).join('\n')}
  <img src="${url(`width=${middle},format=jpeg`)}"
    width="${width}" height="${height}" alt="" loading="lazy" decoding="async">
</picture>`;
}
