// Builds the Lambda@Edge function from its handler, the component and the settings: one file that imports only Node's
// own modules. Usage: node bundle.mjs FOLDER, which has edge.js, edge.core.wasm and settings.json
import { readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';

const folder = resolve(process.argv[2]);
const out = join(folder, 'index.js');
const built = { 'built:edge': 'edge.js', 'built:core': 'edge.core.wasm', 'built:settings': 'settings.json' };
await build({
  entryPoints: [new URL('lambda/index.mjs', import.meta.url).pathname],
  outfile: out,
  bundle: true,
  minify: true,
  legalComments: 'inline',
  platform: 'node',
  target: 'node22',
  format: 'cjs',
  alias: Object.fromEntries(Object.entries(built).map(([name, file]) => [name, join(folder, file)])),
  loader: { '.wasm': 'binary', '.json': 'text' },
});
const imported = [...(await readFile(out, 'utf8')).matchAll(/require\("([^"]+)"\)/g)].map(([, name]) => name);
if (imported.some((name) => !name.startsWith('node:'))) throw new Error(`imports ${imported}: must be Node's own`);
console.log(`${out}: ${(await stat(out)).size} bytes`);
