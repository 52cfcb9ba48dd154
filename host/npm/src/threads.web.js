// The browser's workers.
export function spawn() {
  const worker = new Worker(new URL('./worker.web.js', import.meta.url), { type: 'module' });
  return {
    post: (message) => worker.postMessage(message),
    listen(answer, fail) {
      worker.onmessage = ({ data }) => answer(data);
      worker.onerror = (event) => fail(event.message ?? 'it could not be loaded');
    },
    rest: () => {},
    end: () => worker.terminate(),
  };
}
