// `Accept` (RFC 9110 §12.5.1), as edge/delivery/src/accept.rs and negotiate.rs read it.
import { fail, once, trim } from './text.js';

// What stands between separators outside quoted strings (RFC 9110 §5.6.4).
const ELEMENTS = /("(\\.?|[^"\\])*("|$)|[^",])+/g;
const PARAMETERS = /("(\\.?|[^"\\])*("|$)|[^";])+/g;
// Of wildcards only */* and type/*.
const RANGE = /^(?!\*\/(?!\*$))[\w!#$%&'*+.^`|~-]+\/[\w!#$%&'*+.^`|~-]+$/;
const WEIGHT = /^(0(\.[0-9]{0,3})?|1(\.0{0,3})?)$/;
const OFFERS = [['image/avif'], ['image/webp'], ['image/jpeg', 'image/png', 'image/gif']];

function split(text, pattern) {
  return (text.match(pattern) || []).map(trim).filter((element) => element);
}

/** `[media range, weight in thousandths]`; undefined for what the grammar doesn't allow. */
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

/** How much `type` is wanted: twice the weight of the most specific range, and one more where it stands there by name. */
function wanted(ranges, type) {
  if (!ranges.length) return 2000;
  const weights = [type, 'image/*', '*/*'].map((one) => ranges.filter((own) => own[0] === one).map((own) => own[1]));
  const found = weights.filter((own) => own.length)[0] || [0];
  return Math.max.apply(null, found) * 2 + (found === weights[0] ? 1 : 0);
}

/** The most wanted from `first` on (0: AVIF, 1: WebP, 2: fallback); undefined where all are refused. */
function negotiate(ranges, first) {
  let found;
  let most = 1;
  for (let offer = first; offer < 3; offer++) {
    const own = Math.max.apply(null, OFFERS[offer].map((type) => wanted(ranges, type)));
    // Of equal ones the earlier wins, but the fallback where no name stands.
    if (own > most || (own === most && offer === 2 && own % 2 === 0)) {
      found = offer;
      most = own;
    }
  }
  return found;
}

/** The word that stands for all `Accept` with the same result. */
export function acceptWord(text, avif) {
  const ranges = split(text, ELEMENTS).map(range).filter((one) => one);
  const best = negotiate(ranges, avif === 'off' ? 1 : 0);
  if (best === undefined) fail(406, 'Accept');
  // Clients that take AVIF and no WebP get another image than others while the AVIF is made.
  const standIn = best || avif === 'wait' ? 1 : negotiate(ranges, 1);
  return TABLES.words[standIn === 1 ? best : standIn === 2 ? 3 : 4];
}
