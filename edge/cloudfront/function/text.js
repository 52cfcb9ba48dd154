// Text, strictly, as edge/delivery/src/url/percent.rs and processor/recipe/src/text.rs read it.

/** Ends the request with this status. */
export function fail(status, what) {
  throw { status: status, what: what };
}

/** What stands before the first `separator`, and what after it; that is undefined where there is none. */
export function once(text, separator) {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + separator.length)];
}

export function trim(text) {
  return text.replace(/^[ \t]+|[ \t]+$/g, '');
}

/** What a table of words, such as `jpeg jpg=jpeg`, says of one; undefined for others. */
export function meaning(words, word) {
  if (!/^[a-z0-9,-]+$/.test(word)) return;
  const found = words.split(' ').filter((one) => once(one, '=')[0] === word)[0];
  return found && (found === word ? word : found.slice(word.length + 1));
}

/** Percent-decoded once. A URIError ends the request with 400. */
export const decode = decodeURIComponent;

/** A path's segment, percent-encoded. */
export function encode(text) {
  return encodeURI(text).replace(/[?#/]/g, encodeURIComponent);
}

/** Digits alone, without leading zeros, from `least` to `most` or else to 2^64 - 1; undefined for others. */
export function integer(text, least, most) {
  const digits = text.replace(/^0+(?=.)/, '');
  // Digits of one length are ordered as numbers are.
  const long = '18446744073709551615';
  const within = most ? digits <= most : digits.length < 20 || (digits.length === 20 && digits <= long);
  return /^[0-9]+$/.test(digits) && within && digits >= least ? digits : undefined;
}

/** Digits with at most one point, as they are; undefined for others. */
export function decimal(text, least, most) {
  return /^([0-9]+\.?[0-9]*|\.[0-9]+)$/.test(text) && text >= least && text <= most ? text : undefined;
}

/** A request's field, empty where there is none; several lines are one list. */
export function field(request, name) {
  const header = request.headers[name] || { value: '' };
  const lines = (header.multiValue || [header]).map((line) => line.value);
  return trim(lines.filter((line) => line).join(', '));
}
