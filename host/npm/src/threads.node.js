// Node's workers, which Deno and Bun also have. They keep a program alive while they work.
import { Worker } from 'node:worker_threads';

export function spawn() {
  const worker = new Worker(new URL('./worker.node.js', import.meta.url));
  return {
    post: (message) => worker.postMessage(message),
    listen(answer, fail) {
      worker.ref();
      worker.removeAllListeners();
      worker.once('message', answer);
      worker.once('error', (error) => fail(error.message));
      worker.once('exit', (status) => fail(`exit status ${status}`));
    },
    rest: () => worker.unref(),
    end: () => worker.terminate(),
  };
}
