// Encodes with sharp, in sequence, from standard input: each line is a JSON object with the source's samples (8 bits of
// red, green, blue), its width and height, the format, sharp's options, and the output. Prints the CPU milliseconds of
// each.
import { readFile, writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import sharp from 'sharp';

sharp.concurrency(1);
sharp.cache(false);

for await (const line of createInterface({ input: process.stdin })) {
  const { samples, width, height, format, options, output } = JSON.parse(line);
  const pixels = await readFile(samples);
  const start = process.cpuUsage();
  const file = await sharp(pixels, { raw: { width, height, channels: 3 } }).toFormat(format, options).toBuffer();
  const { user, system } = process.cpuUsage(start);
  await writeFile(output, file);
  console.log(((user + system) / 1000).toFixed(2));
}
