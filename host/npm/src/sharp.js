// Translates sharp's words to recipes'. Unknown words are passed through; the image core rejects those it doesn't know.

// sharp's `contain` fills the remaining area, and its `inside` is the `contain` of recipes and CSS.
const FIT = { contain: 'pad', fill: 'squeeze', inside: 'contain' };
const SMALLER = { contain: 'scale-down', cover: 'crop' };
const COMPASS = { north: 'top', east: 'right', south: 'bottom', west: 'left' };

/** `resize(width, height, options)` and `resize(options)`; the default `fit` is sharp's `cover`. */
export function size(width, height, options) {
  const given = typeof width === 'object' && width !== null ? width : { width, height, ...options };
  const { fit = 'cover', position, withoutEnlargement, background, ...others } = given;
  if (fit === 'outside') throw new TypeError('fit=outside: no recipe has it');
  const asked = FIT[fit] ?? fit;
  const both = others.width && others.height;
  return {
    ...others,
    width: others.width ?? undefined,
    height: others.height ?? undefined,
    fit: withoutEnlargement ? (both ? (SMALLER[asked] ?? asked) : 'scale-down') : asked,
    ...(position && { gravity: gravity(position) }),
    ...(background && { background: color(background) }),
  };
}

/** Converts `attention`, `right top`, `northeast`, `centre` and the like to gravity. */
function gravity(position) {
  if (['attention', 'entropy'].includes(position)) return 'auto';
  const text = position.replace('centre', 'center').replace(/north|east|south|west/g, (side) => ` ${COMPASS[side]}`);
  const sides = text.trim().split(/\s+/);
  return sides.sort((a, b) => /top|bottom/.test(b) - /top|bottom/.test(a)).join('-');
}

/** Converts `{ r, g, b, alpha }` to hex digits; a string is returned unchanged. */
export function color(value) {
  if (typeof value === 'string') return value.replace('#', '');
  const { r = 0, g = 0, b = 0, alpha = 1 } = value;
  return [r, g, b, Math.round(alpha * 255)].map((part) => part.toString(16).padStart(2, '0')).join('');
}
