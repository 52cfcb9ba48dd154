// A URL's options, from any spelling to their canonical form: what edge/delivery/src/{cloudflare,imgix,options}.rs do.
// `TABLES` is written by the Rust code: the words, ranges and short forms that it reads itself.
import { decimal, integer, meaning, refuse } from './text.js';

/** Puts one option, in Cloudflare's words, into `options`: canonical values by long names, without defaults. */
export function apply(options, name, value) {
  name = meaning(TABLES.short, name) || name;
  if (name.slice(0, 5) === 'trim.') return trimSide(options, TABLES.sides.indexOf(name.slice(5)), value);
  value = canonical(options, name, value);
  if (value) options[name] = value;
  else delete options[name];
}

/** Empty where it is the default, or was put in by another name. */
function canonical(options, name, value) {
  const quick = value === 'baseline-jpeg';
  switch (name) {
    case 'width':
      return value === 'auto' ? value : plain(name, value);
    case 'quality':
    case 'slow-connection-quality':
      return meaning(TABLES.qualities, value) || plain('quality', value);
    case 'compression':
      options.effort = value === 'fast' ? '0' : refuse(value);
      return '';
    case 'preset':
      return /^[a-z0-9-]{1,64}$/.test(value) ? value : refuse(value);
    case 'format':
      if (quick) options.effort = '0';
      return value === 'auto' ? '' : value === 'json' ? value : quick ? 'jpeg' : plain(name, value);
    case 'background':
      return color(value, options.background || '');
    case 'gravity':
      return /^[0-9.]+x[0-9.]+$/.test(value) ? value.split('x').map(share).join('x') : plain(name, value);
    case 'trim':
      return /^([0-9]+;){3}[0-9]+$/.test(value) ? value.split(';').map(pixels).join(';') : plain(name, value);
  }
  return plain(name, value);
}

const share = (text) => decimal(text, [0, 1]);
const pixels = (text) => integer(text, 0, 65535);

/** By the table: words, a whole number or a decimal one. */
function plain(name, value) {
  const allowed = TABLES.options[name];
  if (Array.isArray(allowed)) {
    return allowed.length < 3 ? integer(value, allowed[0], allowed[1]) : decimal(value, allowed);
  }
  const word = typeof allowed === 'string' ? meaning(allowed, value) : undefined;
  return word === undefined ? refuse(name) : word;
}

/**
 * Hexadecimal digits. Other colours, of which CSS has more than fit in here, are passed on as they are: whoever makes
 * the image reads them. The cache then knows two spellings of one colour as two. One that is replaced stays before the
 * other, in case it is none.
 */
function color(value, before) {
  let digits = value.replace('#', '').toLowerCase();
  if (/^[0-9a-f]{3,4}$/.test(digits)) digits = digits.replace(/./g, '$&$&');
  const own = /^[0-9a-f]{6}([0-9a-f]{2})?$/.test(digits)
    ? digits.replace(/^(.{6})ff$/, '$1')
    : encodeURIComponent(value || refuse(value)).replace(/\(/g, '%28').replace(/\)/g, '%29');
  return /^([0-9a-f]{6}|[0-9a-f]{8}|)$/.test(before) ? own : before + ',background=' + own;
}

function trimSide(options, side, value) {
  if (side < 0) refuse(value);
  const edges = (/;/.test(options.trim) ? options.trim : '0;0;0;0').split(';');
  edges[side] = pixels(value);
  options.trim = edges.join(';');
}

/** One parameter in imgix's words. */
export function applyImgix(options, name, value) {
  if (name === 'auto') return value.split(',').every((one) => /^(format|compress)$/.test(one)) || refuse(value);
  if (name === 'trim' && value === 'auto') value = 'border';
  if (name === 'rot') name = 'rotate';
  if (name === 'fit') value = own(TABLES.fits, value);
  if (name === 'fm') value = own(TABLES.formats, value);
  if (name === 'crop') value = own(TABLES.crops, value.split(',').sort().join(','));
  apply(options, name === 'fm' ? 'format' : name === 'crop' ? 'gravity' : name, value);
}

function own(words, value) {
  return meaning(words, value) || refuse(value);
}

/** What no option forbids by itself; then one form of each meaning. */
export function finish(options) {
  if (options.lossless && /jpeg|avif/.test(options.format)) refuse('lossless');
  if (options.preset && Object.keys(options).some((name) => !/^(format|onerror|preset)$/.test(name))) refuse('preset');
  if (options.width !== 'auto') {
    foldDpr(options);
    dropIdle(options);
  }
}

export function foldDpr(options) {
  ['width', 'height'].forEach((side) => {
    if (!options[side]) return;
    options[side] = Math.round(options[side] * Math.fround(options.dpr || 1));
    if (options[side] > 65535) refuse('dpr');
  });
  delete options.dpr;
}

export function dropIdle(options) {
  if (!options.width && !options.height) delete options.fit;
  if (!(options.width && options.height && /^(cover|crop|pad)$/.test(options.fit))) delete options.gravity;
}

/** Snaps the width up to the ladder, and the height in proportion. */
export function climb(options) {
  const width = options.width;
  const height = options.height;
  if (width) options.width = snap(width);
  if (height) options.height = width ? scale(height, width, options.width) : snap(height);
}

function scale(height, width, step) {
  return Math.min(Math.max(Math.floor((height * step + Math.floor(width / 2)) / width), 1), 65535);
}

export function snap(side) {
  return TABLES.ladder.filter((step) => step >= side)[0] || TABLES.ladder.slice(-1)[0];
}

/** The options as a path's segment; never empty, since a source's first segment could look like options. */
export function written(options) {
  const pairs = Object.keys(options).map((name) => name + '=' + options[name]);
  return pairs.sort().join(',') || 'format=auto';
}
