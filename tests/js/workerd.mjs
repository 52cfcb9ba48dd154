// Renders every case in workerd, each in a fresh instance, and prints one `name sha256` per line.
// Usage: node workerd.mjs COMPONENT CASES
import { readFile } from 'node:fs/promises';
import { Miniflare } from 'miniflare';
import { glue, sha256 } from './glue.mjs';

const WORKER = `
import { instantiate } from './processor.js';
IMPORTS
export default {
  async fetch(request) {
    const { processor } = instantiate((path) => modules[path], {});
    const source = new Uint8Array(await request.arrayBuffer());
    const { results } = processor.transform([source], [request.headers.get('recipe')], '');
    const [{ tag, val }] = results;
    return tag === 'ok' ? new Response(val.bytes) : new Response(val.code, { status: 422 });
  },
};
`;

const [component, list] = process.argv.slice(2);
const files = await glue(component);
const cores = Object.keys(files).filter((name) => name.endsWith('.wasm'));
const imports = cores.map((name, at) => `import core${at} from './${name}';`).join('\n');
const table = `const modules = { ${cores.map((name, at) => `'${name}': core${at}`).join(', ')} };`;
const text = (path, contents) => ({ type: 'ESModule', path, contents });
const miniflare = new Miniflare({
  host: '127.0.0.1',
  compatibilityDate: '2026-07-01',
  modules: [
    text('worker.js', WORKER.replace('IMPORTS', `${imports}\n${table}`)),
    ...Object.entries(files).map(([path, contents]) =>
      path.endsWith('.wasm') ? { type: 'CompiledWasm', path, contents } : text(path, new TextDecoder().decode(contents)),
    ),
  ],
});
try {
  for (const { name, source, recipe } of JSON.parse(await readFile(list))) {
    const headers = { recipe };
    const response = await miniflare.dispatchFetch('http://127.0.0.1/', { method: 'POST', headers, body: await readFile(source) });
    const body = Buffer.from(await response.arrayBuffer());
    console.log(name, response.ok ? sha256(body) : body.toString());
  }
} finally {
  await miniflare.dispose();
}
