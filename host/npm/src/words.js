import { DarkroomError } from './error.js';
import { short } from './vocabulary.js';

/** Converts `{ maxBytes: 3000 }` to `max-bytes=3000`, sorted by name. */
export const words = (options) =>
  Object.entries(options)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => [name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`), value])
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => word(name, String(value)))
    .join(',');

function word(name, value) {
  if (value.includes(',')) throw new DarkroomError('invalid-recipe', `${name}=${value}: must have no comma`);
  return `${name}=${value}`;
}

/** Converts a recipe's text to options. */
export const options = (text) => Object.fromEntries(text.split(',').filter(Boolean).map(option));

function option(text) {
  const at = text.indexOf('=');
  const [name, value] = at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
  const long = short[name] ?? name;
  return [long.replace(/-([a-z])/g, (_, letter) => letter.toUpperCase()), value];
}
