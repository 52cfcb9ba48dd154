// `Accept` (RFC 9110 §12.5.1), as edge/delivery/src/negotiate/accept.rs and accept_class.rs read it.
import { once, trim } from './text.js';

// The text between separators outside quoted strings (RFC 9110 §5.6.4).
const ELEMENTS = /("(\\.?|[^"\\])*("|$)|[^",])+/g;
const PARAMETERS = /("(\\.?|[^"\\])*("|$)|[^";])+/g;
// Only the wildcards */* and type/*.
const RANGE = /^(?!\*\/(?!\*$))[\w!#$%&'*+.^`|~-]+\/[\w!#$%&'*+.^`|~-]+$/;
const WEIGHT = /^(0(\.[0-9]{0,3})?|1(\.0{0,3})?)$/;

function split(text, pattern) {
  return (text.match(pattern) || []).map(trim).filter((element) => element);
}

/** `[media range, weight in thousandths]`; undefined if the grammar doesn't allow it. */
function range(text) {
  const parts = split(text, PARAMETERS);
  let type = (parts.shift() || '').toLowerCase();
  let weight = -1;
  if (!RANGE.test(type)) return;
  for (let at = 0; at < parts.length; at++) {
    const pair = once(parts[at], '=');
    if (pair[1] === undefined) return;
    if (pair[0].toLowerCase() !== 'q') type = ''; // no type of ours has parameters
    else if (weight >= 0 || !WEIGHT.test(pair[1])) return;
    else weight = Math.round(pair[1] * 1000);
  }
  return [type, weight < 0 ? 1000 : weight];
}

/** The preference for `type`: twice the weight of the most specific range, plus one if the client names it. */
function wanted(ranges, type) {
  if (!ranges.length) return 2000;
  const weights = [type, 'image/*', '*/*'].map((one) => ranges.filter((own) => own[0] === one).map((own) => own[1]));
  const found = weights.filter((own) => own.length)[0] || [0];
  return Math.max.apply(null, found) * 2 + (found === weights[0] ? 1 : 0);
}

/** The formats that the client accepts, most preferred first, up to those that every browser shows. */
export function acceptClass(text) {
  const ranges = split(text, ELEMENTS).map(range).filter((one) => one);
  const ranked = TABLES.offers.map((offer, rank) => {
    const own = Math.max.apply(null, offer.slice(1).map((type) => wanted(ranges, 'image/' + type)));
    // Of equal ones the earlier comes first, but `any` if none is named.
    const last = rank === TABLES.offers.length - 1;
    return { name: offer[0], own: own, order: last && own % 2 === 0 ? -1 : rank };
  });
  const names = ranked
    .filter((one) => one.own > 1)
    .sort((a, b) => b.own - a.own || a.order - b.order)
    .map((one) => one.name);
  const any = names.indexOf('any');
  return (any < 0 ? names : names.slice(0, any + 1)).join('-') || 'none';
}
