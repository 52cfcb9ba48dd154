// `darkroom serve` as it is built, on a port and in a folder of its own.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from './helpers.mjs';

/** With these settings, tables as in its file. null and undefined leave a setting as it is. */
export async function serve(settings = {}) {
  const data = await mkdtemp(join(tmpdir(), 'darkroom-serve-'));
  const options = ['serve', '--listen', '127.0.0.1:0', '--data', data];
  const env = { ...process.env, DARKROOM__LOG__LEVEL: 'error', ...variables('DARKROOM', settings) };
  const child = spawn(join(root, 'target/release/darkroom'), options, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  child.stderr.on('data', (text) => (log += text));
  const ended = once(child, 'exit');
  const failed = ended.then(() => Promise.reject(new Error(`it does not start: ${log}`)));
  const [line] = await Promise.race([once(child.stdout, 'data'), failed]);
  return {
    url: String(line).trim(),
    stop: async () => {
      failed.catch(() => {}); // it ends because it is told to
      child.kill();
      await ended;
      await rm(data, { recursive: true });
    },
  };
}

/** Each setting as the variable that stands over the file. */
const variables = (prefix, settings) =>
  Object.entries(settings)
    .filter(([, value]) => value != null)
    .map(([name, value]) => [`${prefix}__${name}`.toUpperCase(), value])
    .reduce(
      (all, [name, value]) =>
        Object.assign(all, value.constructor === Object ? variables(name, value) : { [name]: JSON.stringify(value) }),
      {},
    );
