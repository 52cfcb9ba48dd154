// Renders every case in workerd, a fresh instance each, and prints `name sha256` a line.
// Usage: node workerd.mjs COMPONENT CASES
import { readFile } from 'node:fs/promises';
import { Miniflare } from 'miniflare';
import { glue, sha256 } from './glue.mjs';

const WORKER = `
import { instantiate } from './processor.js';
import { revive } from './revive.js';
IMPORTS
export default {
  async fetch(request) {
    const { processor } = instantiate((path) => modules[path], {});
    const recipe = JSON.parse(request.headers.get('recipe'), revive);
    const source = new Uint8Array(await request.arrayBuffer());
    const [result] = processor.transform(source, [recipe], processor.defaultLimits());
    return result.tag === 'ok' ? new Response(result.val.bytes) : new Response(result.val.tag, { status: 422 });
  },
};
`;

const [component, list] = process.argv.slice(2);
const files = await glue(component);
const cores = Object.keys(files).filter((name) => name.endsWith('.wasm'));
const imports = cores.map((name, at) => `import core${at} from './${name}';`).join('\n');
const table = `const modules = { ${cores.map((name, at) => `'${name}': core${at}`).join(', ')} };`;
const { revive } = await import('./glue.mjs');
const text = (path, contents) => ({ type: 'ESModule', path, contents });
const miniflare = new Miniflare({
  host: '127.0.0.1',
  compatibilityDate: '2026-07-01',
  modules: [
    text('worker.js', WORKER.replace('IMPORTS', `${imports}\n${table}`)),
    text('revive.js', `export ${revive}`),
    ...Object.entries(files).map(([path, contents]) =>
      path.endsWith('.wasm') ? { type: 'CompiledWasm', path, contents } : text(path, new TextDecoder().decode(contents)),
    ),
  ],
});
try {
  for (const { name, source, recipe } of JSON.parse(await readFile(list))) {
    const headers = { recipe: JSON.stringify(recipe) };
    const response = await miniflare.dispatchFetch('http://127.0.0.1/', { method: 'POST', headers, body: await readFile(source) });
    const body = Buffer.from(await response.arrayBuffer());
    console.log(name, response.ok ? sha256(body) : body.toString());
  }
} finally {
  await miniflare.dispose();
}
