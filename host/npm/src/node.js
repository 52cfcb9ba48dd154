// Entry point for Node, Deno and Bun: inputs and outputs may be files.
import { readFile, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { extname } from 'node:path';
import { Duplex } from 'node:stream';
import { api } from './api.js';
import { engine } from './engine.js';
import { Image } from './image.js';
import { read } from './input.js';
import { spawn } from './threads.node.js';
import { encoders } from './vocabulary.js';

class NodeImage extends Image {
  /** Writes the output to a file, whose extension selects the format unless the recipe sets one. Returns its facts. */
  async toFile(path) {
    const copy = this.clone();
    if (!copy.options.format) copy.set({ format: format(String(path)) });
    const { data, info } = await copy.toBuffer({ resolveWithObject: true });
    await writeFile(path, data);
    return info;
  }

  stream() {
    const rendered = (input) => this.from(input).toBuffer();
    return Duplex.from(async function* through(input) {
      yield await rendered(input);
    });
  }

  buffer(bytes) {
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
}

function format(path) {
  const extension = extname(path).slice(1).toLowerCase();
  const named = Object.entries(encoders).find(([, extensions]) => extensions.includes(extension));
  if (!named) throw new TypeError(`${path}: must end in ${Object.values(encoders).flat().join(', ')}`);
  return named[0];
}

const input = (given) => (typeof given === 'string' || given instanceof URL ? readFile(given) : read(given));

/** The package's exports, with the module at `url`. */
export function node(url, least) {
  const compile = async () => WebAssembly.compile(await readFile(url));
  return api(engine({ compile, least, spawn, threads: availableParallelism() }), input, NodeImage);
}
