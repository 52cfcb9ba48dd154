// The Worker's entry point: starts the Rust shell and hands it the component.
import { fetch as handle, initSync, __wbg_reset_state as reset } from './build/shell.js';
import module from './build/shell_bg.wasm';
import * as core from './core.mjs';

globalThis.darkroom = core; // where the shell's imports look
initSync({ module });

export default {
  async fetch(request, env, context) {
    try {
      return await handle(request, env, context);
    } catch (error) {
      console.error(error);
      // After a panic the instance must not be entered again.
      if (error instanceof WebAssembly.RuntimeError) reset();
      return new Response('internal\n', { status: 500, headers: { 'Cache-Control': 'no-store' } });
    }
  },
};
