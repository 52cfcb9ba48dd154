// Writes the package's lists of the image core's options and formats: src/vocabulary.js and src/vocabulary.d.ts.
// Usage: node vocabulary.mjs MODULE LEAST FOLDER
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { instantiate } from './src/contract.js';

const [module, least, folder] = process.argv.slice(2);
const memory = new WebAssembly.Memory({ initial: Number(least), maximum: 1 << 14 });
const core = instantiate(new WebAssembly.Module(await readFile(module)), memory);
const options = JSON.parse(core.options());
const formats = JSON.parse(core.formats());

const table = (entries) => entries.map(([name, value]) => `  ${JSON.stringify(name)}: ${JSON.stringify(value)},\n`).join('');
const encoded = formats.filter(({ encoder }) => encoder);
const script = `// Written by vocabulary.mjs, of the image core's own \`options\` and \`formats\`.

/** The short names of options, and the long ones. */
export const short = {
${table(options.filter(({ short }) => short).map(({ short, name }) => [short, name]))}};

/** The formats that can be written, and how their files' names end. */
export const encoders = {
${table(encoded.map(({ name, extensions }) => [name, extensions]))}};

export const mediaTypes = {
${table(formats.map(({ name, mediaType }) => [name, mediaType]))}};
`;

const camel = (name) => name.replace(/-([a-z])/g, (_, letter) => letter.toUpperCase());
const union = (words) => words.map((word) => `'${word}'`).join(' | ');
const types = { integer: () => 'number', decimal: () => 'number', text: () => 'string', words: ofWords };
function ofWords({ words, expected }) {
  if (words.join() === 'true,false') return 'boolean';
  const known = words.every((word) => /^\d+$/.test(word)) ? words.join(' | ') : union(words);
  return /or a point|or several|or the pixels/.test(expected) ? `${known} | (string & {})` : known;
}
const field = (option) =>
  `  /** ${option.doc}: ${option.expected}. Default: ${option.default}. */\n  ${camel(option.name)}?: ${(types[option.kind] ?? types.text)(option)};\n`;
const declarations = `// Written by vocabulary.mjs, of the image core's own \`options\` and \`formats\`.

/** The options of a recipe, in camelCase: docs/recipes.md tells more. */
export interface Recipe {
${options.map(field).join('')}}

/** The formats that can be read. */
export type InputFormat = ${union(formats.filter(({ decoded }) => decoded).map(({ name }) => name))};

/** The formats that can be written. */
export type OutputFormat = ${union(encoded.map(({ name }) => name))};

/** A method for each of them. */
export interface Encoders {
${encoded.map(({ name }) => `  ${name}(options?: Recipe): this;\n`).join('')}}
`;

await writeFile(join(folder, 'vocabulary.js'), script);
await writeFile(join(folder, 'vocabulary.d.ts'), declarations);
