// The same tests for every shell: DARKROOM_SHELL names the one that they run against, `serve` or `worker`.
//
// `start({ settings, signingKeys, objects })` gives a running one. `settings.delivery` is what every shell has, in
// `settings.limits` are the Worker's names; `objects` are originals by key. It has
// - get(path, headers, init): an answer
// - put(key, bytes): another original
// - stored(bucket, key): `{ type, metadata }` of an object of `processed` or `thumbnails`, metadata's names in order
// - fresh(path): where the answer is in no cache
// - stop()
const shells = { serve: './serve.mjs', worker: '../../edge/worker/tests/harness.mjs' };

export const { start } = await import(shells[process.env.DARKROOM_SHELL]);

/** A size that WebP may have and AVIF may not, and what says so: a limit of its own, or the Worker's little memory. */
export const beyondAvif = {
  serve: { height: 2200, reason: /output pixels for a slow encoder/ }, // 8.4 megapixels
  worker: { height: 1600, reason: /memory/ },
}[process.env.DARKROOM_SHELL];
