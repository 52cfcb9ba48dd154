// The same tests for every shell: DARKROOM_SHELL names the shell under test, `serve` or `worker`.
//
// `start({ settings, signingKeys, objects })` returns a running one. `settings.delivery` are the settings that every
// shell has, `settings.limits` have the Worker's names; `objects` are originals by key. It has
// - get(path, headers, init): a response
// - put(key, bytes): another original
// - stored(bucket, key): `{ type, metadata }` of an object of `processed` or `thumbnails`, metadata's names in order
// - fresh(path): a path whose response is in no cache
// - stop()
const shells = { serve: './serve.mjs', worker: '../../edge/worker/tests/harness.mjs' };

export const { start } = await import(shells[process.env.DARKROOM_SHELL]);

/**
 * A size that WebP supports and AVIF does not, and the error's source: a limit of its own, or the Worker's small
 * memory.
 */
export const beyondAvif = {
  serve: { height: 2200, reason: /output pixels for a slow encoder/ }, // 8.4 megapixels
  worker: { height: 1600, reason: /memory/ },
}[process.env.DARKROOM_SHELL];
