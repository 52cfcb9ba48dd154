// Builds the CloudFront Function from its sources and the tables that the Rust code wrote: one file that imports only
// the runtime's own modules.
// Usage: node function.mjs TABLES OUT
import { readFile, writeFile } from 'node:fs/promises';
import { build } from 'esbuild';

const LIMIT = 10_240; // CloudFront's quota for a function: 10 KB

const [tables, out] = process.argv.slice(2);
const define = ([name, value]) => [`TABLES.${name}`, JSON.stringify(value)];
const entries = Object.entries(JSON.parse(await readFile(tables))).map(define);
const { outputFiles } = await build({
  entryPoints: [new URL('function/handler.js', import.meta.url).pathname],
  bundle: true,
  write: false,
  format: 'esm',
  target: 'es2015',
  charset: 'ascii',
  legalComments: 'none',
  minify: true,
  define: Object.fromEntries(entries),
  // The minifier must not introduce features of ES 2015 to 2017 that the runtime lacks.
  supported: { 'async-await': true, destructuring: false, 'for-of': false, 'object-extensions': false },
});
// The runtime looks for a function named `handler`, and accepts no export.
const [{ text }] = outputFiles;
const exported = /export\s*\{\s*([\w$]+) as handler\s*\};?\s*$/.exec(text);
if (!exported) throw new Error('the bundle exports no handler');
const body = text.slice(0, exported.index).trim().replace(`function ${exported[1]}(`, 'function handler(');
const code = `import cf from 'cloudfront';\nconst crypto = require('crypto');\n${body}\n`;
if (code.length > LIMIT) throw new Error(`the function has ${code.length} bytes, must have at most ${LIMIT}`);
await writeFile(out, code);
console.log(`${out}: ${code.length} bytes`);
