// Text, parsed strictly, as by edge/delivery/src/url/percent.rs and processor/recipe/src/text.rs.

/** Ends the request with this status. */
export function fail(status, what) {
  throw { status: status, what: what };
}

/** The text before the first `separator`, and the text after it, which is undefined if there is no separator. */
export function once(text, separator) {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + separator.length)];
}

export function trim(text) {
  return text.replace(/^[ \t]+|[ \t]+$/g, '');
}

/** The meaning of a word in a table of words, such as `jpeg jpg=jpeg`; undefined if it is not in it. */
export function meaning(words, word) {
  if (!/^[a-z0-9,-]+$/.test(word)) return;
  const found = words.split(' ').filter((one) => once(one, '=')[0] === word)[0];
  return found && (found === word ? word : found.slice(word.length + 1));
}

/** Percent-decodes once. A URIError ends the request with 400. */
export const decode = decodeURIComponent;

/** A path's segment, percent-encoded. */
export function encode(text) {
  return encodeURI(text).replace(/[?#/]/g, encodeURIComponent);
}

/** Digits only, without leading zeros, from `least` to `most` or else to 2^64 - 1; undefined for others. */
export function integer(text, least, most) {
  const digits = text.replace(/^0+(?=.)/, '');
  // Digits of equal length sort like numbers.
  const long = '18446744073709551615';
  const within = most ? digits <= most : digits.length < 20 || (digits.length === 20 && digits <= long);
  return /^[0-9]+$/.test(digits) && within && digits >= least ? digits : undefined;
}

/** Digits with at most one point, unchanged; undefined for others. */
export function decimal(text, least, most) {
  return /^([0-9]+\.?[0-9]*|\.[0-9]+)$/.test(text) && text >= least && text <= most ? text : undefined;
}

/** A request's field, empty if absent; several lines form one list. */
export function field(request, name) {
  const header = request.headers[name] || { value: '' };
  const lines = (header.multiValue || [header]).map((line) => line.value);
  return trim(lines.filter((line) => line).join(', '));
}
