// Converts the component to JavaScript glue and core modules, with jco, and calls it.
import { readFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { transpile } from '@bytecodealliance/jco';

/** The glue's files by name: one JavaScript module that exports `instantiate`, and the core modules. */
export async function glue(component) {
  const { files } = await transpile(await readFile(component), {
    name: 'processor',
    instantiation: 'sync',
    noTypescript: true,
    noNodejsCompat: true,
    quiet: true,
  });
  return Object.fromEntries(Object.entries(files).filter(([name]) => /\.(js|wasm)$/.test(name)));
}

export const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');
