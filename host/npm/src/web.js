// Entry point for browsers: inputs may be web addresses.
import { api } from './api.js';
import { engine } from './engine.js';
import { Image } from './image.js';
import { read } from './input.js';
import { spawn } from './threads.web.js';

async function get(url) {
  const response = await fetch(url);
  if (!response.ok) throw new TypeError(`${url}: status ${response.status}`);
  return response;
}

const input = async (given) => read(typeof given === 'string' || given instanceof URL ? await get(given) : given);

/** The package's exports, with the module at `url`. */
export function web(url, least) {
  const compile = async () => WebAssembly.compile(await (await get(url)).arrayBuffer());
  return api(engine({ compile, least, spawn, threads: navigator.hardwareConcurrency }), input, Image);
}
