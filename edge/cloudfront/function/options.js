// Converts a URL's options from the spellings that `TABLES` knows to their canonical form, like
// edge/delivery/src/url/{cloudflare,imgix,options}.rs. The Rust code writes `TABLES`: the words, ranges and short forms
// that it reads itself.
import { decimal, fail, integer, meaning } from './text.js';

/**
 * Adds one option, with Cloudflare's names, to `options`: by its long name to `own`, with its canonical value and
 * without defaults; or, if the tables don't know the value, unchanged to `other`, with everything of that name.
 */
export function apply(options, name, value) {
  const long = meaning(TABLES.short, name) || name;
  if (value === 'baseline-jpeg' && long === 'format') {
    put(options, 'effort', 'effort', '0', '0');
    return put(options, 'format', 'format', 'jpeg', 'jpeg');
  }
  if (name === 'compression' && value === 'fast') return put(options, 'effort', 'effort', '0', '0');
  // One side of `trim`, and `compression`, which is an effort, keep their order among the options that they change.
  put(options, name === 'compression' ? 'effort' : long.split('.')[0], long, value, canonical(long, value));
}

function put(options, key, name, value, known) {
  const own = options.own;
  const other = options.other;
  if (known === undefined || other[key]) {
    const before = other[key] || (own[key] && key + '=' + own[key]);
    other[key] = (before ? before + ',' : '') + escape(name) + '=' + escape(value);
    delete own[key];
  } else if (known) own[key] = known;
  else delete own[key];
}

/** Escapes characters that separate options, too. */
function escape(text) {
  return encodeURIComponent(text).replace(/\(/g, '%28').replace(/\)/g, '%29');
}

/** Empty for a default; undefined if the tables don't know the value. */
function canonical(name, value) {
  switch (name) {
    case 'width':
      return value === 'auto' ? value : plain(name, value);
    case 'quality':
    case 'slow-connection-quality':
      return meaning(TABLES.qualities, value) || plain('quality', value);
    case 'preset':
      return /^[a-z0-9-]{1,64}$/.test(value) ? value : undefined;
    case 'format':
      return value === 'auto' ? '' : value === 'json' ? value : plain(name, value);
  }
  return plain(name, value);
}

/** Reads a value by the table: words, a whole number or a decimal one. */
function plain(name, value) {
  const known = TABLES.options[name];
  if (typeof known === 'string') return meaning(known, value);
  if (Array.isArray(known)) return (known.length < 3 ? integer : decimal)(value, known[0], known[1]);
}

/** One parameter with imgix's name. */
export function applyImgix(options, name, value) {
  if (name === 'auto') return value.split(',').every((one) => /^(format|compress)$/.test(one)) || fail(400, value);
  if (name === 'trim' && value === 'auto') value = 'border';
  if (name === 'rot') name = 'rotate';
  if (name === 'fit') value = own(TABLES.fits, value);
  if (name === 'fm') value = own(TABLES.formats, value);
  if (name === 'crop') value = own(TABLES.crops, value.split(',').sort().join(','));
  apply(options, name === 'fm' ? 'format' : name === 'crop' ? 'gravity' : name, value);
}

function own(words, value) {
  return meaning(words, value) || fail(400, value);
}

/**
 * Multiplies `dpr` into the sizes, unless the result is invalid or a preset excludes them; then removes options without
 * effect.
 */
export function fold(options) {
  if (options.preset) return;
  const sides = ['width', 'height'].filter((side) => options[side]);
  const folded = sides.map((side) => Math.round(options[side] * Math.fround(options.dpr || 1)));
  if (folded.some((side) => side > 65535)) return;
  sides.forEach((side, at) => (options[side] = folded[at]));
  delete options.dpr;
  if (!options.width && !options.height) delete options.fit;
  if (!(options.width && options.height && /^(cover|crop|pad)$/.test(options.fit))) delete options.gravity;
}

/** A hinted width, rounded up to one that is listed. */
export function roundUp(width) {
  return TABLES.widths.filter((listed) => listed >= width)[0] || TABLES.widths.slice(-1)[0];
}

/** The options as a path segment; never empty, since a source's first segment could look like options. */
export function written(options) {
  const own = Object.keys(options.own).map((name) => [name, name + '=' + options.own[name]]);
  const other = Object.keys(options.other).map((name) => [name, options.other[name]]);
  const sorted = own.concat(other).sort((a, b) => (a[0] < b[0] ? -1 : 1));
  return sorted.map((pair) => pair[1]).join(',') || 'format=auto';
}
