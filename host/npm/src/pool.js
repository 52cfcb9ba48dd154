// A pool of workers, each of which renders one image at a time.
import { DarkroomError } from './error.js';

export class Pool {
  #idle = new Set();
  #all = new Set();
  #waiting = [];

  /** `spawn` starts a worker, of which at most `size` run; `load` returns the first message for each. */
  constructor({ spawn, size, load }) {
    Object.assign(this, { spawn, size, load });
  }

  /** Calls the image core. Rejects with a DarkroomError, or with the signal's reason. */
  async call(name, args, { signal, timeout }) {
    signal?.throwIfAborted();
    const worker = await this.#take(signal);
    try {
      const { ok, err } = await this.#ask(worker, { name, args }, { signal, timeout });
      if (err) throw new DarkroomError(err.code, err.message);
      return ok;
    } finally {
      this.#give(worker);
    }
  }

  /** Ends all workers and their work; the next call starts new ones. */
  close() {
    for (const worker of this.#all) {
      this.#end(worker);
      worker.fail?.(new DarkroomError('crashed', 'the workers were closed'));
    }
  }

  /** An idle worker, a new one, or the next one that becomes idle. */
  async #take(signal) {
    while (!this.#idle.size && this.#all.size >= this.size) await this.#turn(signal);
    for (const worker of this.#idle) {
      this.#idle.delete(worker);
      return worker;
    }
    return this.#start();
  }

  #turn(signal) {
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#waiting = this.#waiting.filter((next) => next !== go);
        reject(signal.reason);
      };
      const go = () => {
        signal?.removeEventListener('abort', leave);
        resolve();
      };
      signal?.addEventListener('abort', leave, { once: true });
      this.#waiting.push(go);
    });
  }

  #start() {
    const worker = { port: undefined, ready: undefined };
    this.#all.add(worker);
    worker.ready = Promise.resolve(this.load()).then((first) => {
      worker.port = this.spawn();
      worker.port.post(first);
    });
    return worker;
  }

  /** Calls a worker. Ends it if it takes too long, is aborted, or crashes. */
  async #ask(worker, task, { signal, timeout }) {
    let timer;
    let abort;
    try {
      await worker.ready;
      return await new Promise((resolve, reject) => {
        worker.fail = reject;
        abort = () => reject(signal.reason);
        signal?.throwIfAborted();
        signal?.addEventListener('abort', abort);
        timer = setTimeout(() => reject(new DarkroomError('timeout', `not done within ${timeout} ms`)), timeout);
        worker.port.listen(resolve, (cause) => reject(new DarkroomError('crashed', `the worker ended: ${cause}`)));
        worker.port.post(task);
      });
    } catch (error) {
      this.#end(worker);
      throw error;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    }
  }

  #end(worker) {
    this.#all.delete(worker);
    this.#idle.delete(worker);
    worker.port?.end();
  }

  #give(worker) {
    if (this.#all.has(worker)) {
      worker.port.rest();
      this.#idle.add(worker);
    }
    this.#waiting.shift()?.();
  }
}
