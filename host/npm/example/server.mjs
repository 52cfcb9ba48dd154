// Serves the page and receives its uploads: `npm install darkroom-image`, then `node server.mjs`.
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.mjs': 'text/javascript', '.wasm': 'application/wasm', '.jpg': 'image/jpeg' };

/** A server of `page`, packages in `modules`, and other files in `extra`, which passes uploads to `take`. */
export function serve({ page, modules, extra = page, take }) {
  return createServer(async (request, response) => {
    try {
      if (request.method === 'POST') {
        const bytes = Buffer.concat(await request.toArray());
        await take({ type: request.headers['content-type'], bytes });
        response.writeHead(204).end();
        return;
      }
      const path = normalize(decodeURIComponent(new URL(request.url, 'http://localhost').pathname));
      const [, packaged] = /^\/node_modules(\/.*)$/.exec(path) ?? [];
      const file = path === '/' ? join(page, 'index.html') : packaged ? join(modules, packaged) : join(extra, path);
      const bytes = await readFile(file);
      response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream' }).end(bytes);
    } catch {
      response.writeHead(404).end();
    }
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const page = fileURLToPath(new URL('.', import.meta.url));
  const take = ({ bytes }) => writeFile(join(page, `upload-${Date.now()}.webp`), bytes);
  serve({ page, modules: join(page, 'node_modules'), take }).listen(8080, '127.0.0.1', () => console.log('http://127.0.0.1:8080'));
}
