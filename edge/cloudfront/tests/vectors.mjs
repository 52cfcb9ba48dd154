// Runs the built function on requests from standard input, in an engine restricted to the features of
// cloudfront-js-2.0, and prints each result.
// Usage: node vectors.mjs FUNCTION < {"now", "keys", "requests": [[method, uri, query, headers]]}
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { faults, load } from './runtime.mjs';

const code = await readFile(process.argv[2], 'utf8');
const wrong = faults(code);
if (wrong.length) throw new Error(`what cloudfront-js-2.0 lacks:\n${wrong.join('\n')}`);
const { now, keys, requests } = JSON.parse(readFileSync(0, 'utf8'));
const handler = load(code, keys, now);
const answers = [];
for (const [method, uri, query, headers] of requests) {
  const request = { method, uri, querystring: {}, headers, rawQueryString: () => query };
  const answer = await handler({ request });
  answers.push(answer.statusCode ?? [answer.uri, answer.headers['x-darkroom-verified']?.value ?? '']);
}
process.stdout.write(JSON.stringify(answers));
