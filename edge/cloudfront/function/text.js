// Text, strictly, as edge/delivery/src/percent.rs and processor/recipe/src/text.rs read it.

/** Ends the request with this status. */
export function fail(status, what) {
  throw { status: status, what: what };
}

export function refuse(what) {
  fail(400, what);
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

export function checked(text) {
  return /[\u0000-\u001f\u007f-\u009f\\]/.test(text) ? refuse(text) : text;
}

/** Percent-decoded once. A URIError ends the request with 400 too. */
export function decode(text) {
  return checked(decodeURIComponent(text));
}

/** A path's segment, percent-encoded. */
export function encode(text) {
  return encodeURI(text).replace(/[?#/]/g, encodeURIComponent);
}

/** Digits alone, without leading zeros, from `least` to `most` or else to 2^64 - 1; `status` is 400 by default. */
export function integer(text, least, most, status) {
  const digits = String(text).replace(/^0+(?=.)/, '');
  // Digits of one length are ordered as numbers are.
  const long = '18446744073709551615';
  const within = most ? digits <= most : digits.length < 20 || (digits.length === 20 && digits <= long);
  return /^[0-9]+$/.test(digits) && within && digits >= least ? digits : fail(status || 400, text);
}

/**
 * Digits with at most one point, as the shortest that mean the same 32-bit number, which is how Rust writes it; empty
 * where it is the `range`'s third. They stay as they are where JavaScript writes an exponent, and where 64 bits don't
 * tell which of two neighbours they mean.
 */
export function decimal(text, range) {
  const number = Math.fround(/^([0-9]+\.?[0-9]*|\.[0-9]+)$/.test(text) ? text : NaN);
  if (!(number >= range[0] && number <= range[1])) refuse(text);
  if (number === range[2]) return '';
  const other = 2 * text - number;
  if ((number && number < 1e-6) || (other !== number && Math.fround(other) === other)) return text;
  let digits = 1;
  while (Math.fround(number.toPrecision(digits)) !== number) digits++;
  return String(Number(number.toPrecision(digits)));
}

/** A request's field, empty where there is none; several lines are one list. */
export function field(request, name) {
  const header = request.headers[name] || { value: '' };
  const lines = (header.multiValue || [header]).map((line) => line.value);
  return trim(lines.filter((line) => line).join(', '));
}
