// Runs the image core in workers.
import { Pool } from './pool.js';
import { memory } from './runner.js';

/** `compile` returns the module, which needs at least `least` pages of memory; `spawn` starts a worker. */
export function engine({ compile, least, spawn, threads }) {
  const settings = { threads, timeout: 30_000, memory: 3072 };
  let module;
  let pool;
  const compiled = () => {
    module ??= compile();
    module.catch(() => (module = undefined)); // it may succeed the next time
    return module;
  };
  const start = () => {
    const load = async () => ({ module: await compiled(), pages: memory(least, settings.memory) });
    return new Pool({ spawn, size: settings.threads, load });
  };
  const close = () => {
    pool?.close();
    pool = undefined;
  };
  return {
    call: (name, args, { signal, timeout = settings.timeout } = {}) => (pool ??= start()).call(name, args, { signal, timeout }),
    configure(changes) {
      close();
      Object.assign(settings, changes);
    },
    close,
  };
}
