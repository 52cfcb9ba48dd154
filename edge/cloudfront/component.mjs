// Extracts the bundle's inputs from the component: its core module and jco's glue.
// Usage: node component.mjs COMPONENT FOLDER
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { transpile } from '@bytecodealliance/jco';

const [component, folder] = process.argv.slice(2);
const { files } = await transpile(await readFile(component), {
  name: 'edge',
  instantiation: 'sync',
  noTypescript: true,
  noNodejsCompat: true,
  quiet: true,
});
const cores = Object.keys(files).filter((name) => name.endsWith('.wasm'));
if (cores.join() !== 'edge.core.wasm') throw new Error(`core modules: ${cores}, expected is one`);
for (const name of ['edge.js', 'edge.core.wasm']) await writeFile(join(folder, name), files[name]);
