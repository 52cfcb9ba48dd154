// Shared code of the tools that run in Node: a job, once to warm up and once measured. `TOOL_jobs.mjs JOB PHOTO FOLDER
// [SETTING]...` prints CPU milliseconds, and the MiB by which the process grew the first time.
import { readFileSync, writeFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export const SIDES = [150, 300, 600];

export const run = async (jobs) => {
  const [job, path, folder, ...settings] = process.argv.slice(2);
  const photo = await readFile(path);
  writeFileSync('/proc/self/clear_refs', '5'); // the highest so far was Node's own start
  const before = memory('VmRSS');
  await jobs[job](photo, ...settings);
  const grown = memory('VmHWM') - before;
  const start = process.cpuUsage();
  const outputs = await jobs[job](photo, ...settings);
  const { user, system } = process.cpuUsage(start);
  for (const [name, data] of Object.entries(outputs)) await writeFile(join(folder, name), data);
  console.log(((user + system) / 1000).toFixed(1), grown.toFixed(1));
  process.exit(); // wasm-vips keeps its workers
};

const memory = (field) => Number(new RegExp(`${field}:\\s+(\\d+)`).exec(readFileSync('/proc/self/status', 'utf8'))[1]) / 1024;

// The size of an image within a square, never enlarged.
export const within = ({ width, height }, side) => {
  const factor = Math.min(1, side / Math.max(width, height));
  return { width: Math.round(width * factor), height: Math.round(height * factor) };
};
