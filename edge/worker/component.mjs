// Makes of the component what a Worker can load: its core module, jco's glue, and its digest.
// Usage: node component.mjs COMPONENT FOLDER
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { transpile } from '@bytecodealliance/jco';

const [component, folder] = process.argv.slice(2);
const bytes = await readFile(component);
const { files } = await transpile(bytes, {
  name: 'processor',
  instantiation: 'sync',
  noTypescript: true,
  noNodejsCompat: true,
  quiet: true,
});
const cores = Object.keys(files).filter((name) => name.endsWith('.wasm'));
if (cores.join() !== 'processor.core.wasm') throw new Error(`core modules: ${cores}, expected is one`);
for (const name of ['processor.js', 'processor.core.wasm']) await writeFile(join(folder, name), files[name]);
const digest = createHash('sha256').update(bytes).digest('hex');
await writeFile(join(folder, 'digest.js'), `export const sha256 = '${digest}';\n`);
