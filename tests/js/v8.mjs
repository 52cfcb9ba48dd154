// Renders every case in Node's V8, each in a fresh instance, and prints one `name sha256` per line.
// Usage: node v8.mjs COMPONENT CASES
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { glue, sha256 } from './glue.mjs';

const [component, list] = process.argv.slice(2);
const folder = await mkdtemp(join(tmpdir(), 'darkroom-v8-'));
try {
  const modules = {};
  for (const [name, bytes] of Object.entries(await glue(component))) {
    if (name.endsWith('.wasm')) modules[name] = new WebAssembly.Module(bytes);
    else await writeFile(join(folder, 'glue.mjs'), bytes);
  }
  const { instantiate } = await import(join(folder, 'glue.mjs'));
  for (const { name, source, recipe } of JSON.parse(await readFile(list))) {
    const { processor } = instantiate((path) => modules[path], {});
    const { results } = processor.transform([await readFile(source)], [recipe], '');
    const [{ tag, val }] = results;
    console.log(name, tag === 'ok' ? sha256(val.bytes) : val.code);
  }
} finally {
  await rm(folder, { recursive: true });
}
