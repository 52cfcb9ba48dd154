// In Node, Deno and Bun: prints the digests of a photo's renditions.
import { readFile } from 'node:fs/promises';
import { digests } from './digests.mjs';

console.log(JSON.stringify(await digests(await readFile('photo.jpg'))));
