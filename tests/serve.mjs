// `darkroom serve` as built, on its own port and in its own folder.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from './helpers.mjs';

/** Starts it with these settings, tables as in its file. null and undefined leave a setting unchanged. */
export async function serve(settings = {}) {
  const data = await mkdtemp(join(tmpdir(), 'darkroom-serve-'));
  const options = ['serve', '--listen', '127.0.0.1:0', '--data', data];
  const env = { ...process.env, DARKROOM__LOG__LEVEL: 'error', ...Object.fromEntries(variables('DARKROOM', settings)) };
  const child = spawn(join(root, 'target/release/darkroom'), options, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  const [line] = await Promise.race([once(child.stdout, 'data'), ended]);
  if (child.exitCode !== null) throw new Error('the server did not start');
  return {
    url: String(line).trim(),
    stop: async () => {
      child.kill();
      await ended;
      await rm(data, { recursive: true });
    },
  };
}

/** Each setting as the variable that overrides the file: names and values. */
const variables = (prefix, settings) =>
  Object.entries(settings).flatMap(([key, value]) => {
    const name = `${prefix}__${key}`.toUpperCase();
    if (value == null) return [];
    return value.constructor === Object ? variables(name, value) : [[name, JSON.stringify(value)]];
  });
