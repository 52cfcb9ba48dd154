// Entry point for workerd, which has no workers of its own: one image at a time, in one memory that fits an isolate's
// 128 MB. Cloudflare enforces the deadline (`limits.cpu_ms`).
import { api } from './api.js';
import { DarkroomError } from './error.js';
import { Image } from './image.js';
import { read } from './input.js';
import { memory, runner } from './runner.js';

/** The package's exports, with a given module. */
export function workerd(module, least) {
  const settings = { memory: 74 };
  let run;
  const engine = {
    async call(name, args, { signal } = {}) {
      signal?.throwIfAborted();
      run ??= runner(module, memory(least, settings.memory), Infinity);
      const { ok, err } = run(name, args);
      if (err) throw new DarkroomError(err.code, err.message);
      return ok;
    },
    configure(changes) {
      run = undefined;
      Object.assign(settings, changes);
    },
    close() {
      run = undefined;
    },
  };
  return api(engine, read, Image);
}
