// Signed URLs: verifies them like edge/delivery/src/url/signature.rs.
import { fail, integer } from './text.js';

const forbid = (what) => fail(403, what);

/** The query's parameters: separates `sig` and `exp` from the `rest`. */
export function readQuery(text) {
  const query = { rest: [] };
  text.split('&').forEach((parameter) => {
    const name = parameter.slice(0, 4);
    if (name !== 'sig=' && name !== 'exp=') {
      if (parameter) query.rest.push(parameter);
      return;
    }
    if (query[name] !== undefined) forbid(name);
    query[name] = parameter.slice(4);
  });
  return query;
}

/** Whether the URL is signed by one of the keys. A wrong or expired signature ends the request. */
export function isSigned(path, query, keys) {
  const sig = query['sig='];
  const exp = query['exp='];
  if (sig === undefined) return exp === undefined ? false : forbid('exp');
  const signed = (exp === undefined ? query.rest : query.rest.concat('exp=' + exp)).join('&');
  const message = signed ? path + '?' + signed : path;
  const right = keys.filter((key) => key && verifies(message, key, sig)).length;
  if (!right) forbid('sig');
  if (exp !== undefined && !(Math.floor(Date.now() / 1000) < integer(exp, 0))) forbid('exp');
  return true;
}

function code(message, key) {
  return crypto.createHmac('sha256', key).update(message).digest('hex');
}

/** Compares codes of the codes, so that the time does not reveal where they differ. */
function verifies(message, key, sig) {
  return code(code(message, key), key) === code(sig.toLowerCase(), key);
}
