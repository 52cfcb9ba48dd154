// A minimal server on sharp: an original from the disk, 512 pixels wide, in the format that the path names. It prints
// its URL, and serves until it is stopped.
// Usage: node sharp_server.mjs PHOTO
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import sharp from 'sharp';

const photo = process.argv[2];
sharp.concurrency(1);
sharp.cache(false);

const ENCODE = {
  jpeg: (image) => image.jpeg({ quality: 80, mozjpeg: false }),
  webp: (image) => image.webp({ quality: 80, effort: 4 }),
  avif: (image) => image.avif({ quality: 50, effort: 2 }),
};

const server = createServer(async (request, response) => {
  try {
    const format = /format=(\w+)/.exec(request.url)?.[1];
    const image = sharp(await readFile(photo)).rotate().resize({ width: 512, fit: 'inside', withoutEnlargement: true });
    const body = await ENCODE[format](image).toBuffer();
    response.writeHead(200, { 'content-type': `image/${format}`, 'content-length': body.length }).end(body);
  } catch (error) {
    response.writeHead(500).end(`${error}\n`);
  }
});
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`));
