// Replays a day of synthetic requests through the built function, into caches, with the function's keys and with the
// keys that there would be without it: the URL and `Accept` as sent.
import { readFile } from 'node:fs/promises';
import { load } from '../tests/runtime.mjs';
import { Cache } from './cache.mjs';
import { chooser, dice, keyOf, kinds, zipf } from './traffic.mjs';

const SAMPLE = 123; // a photo: what the function makes of its key it makes of any

/** For each kind of request a number that identifies its key: with the function, and without. */
export async function keysOfKinds(path) {
  const handler = load(await readFile(path, 'utf8'), {}, 0);
  const numbers = new Map();
  const number = (text) => numbers.get(text) ?? numbers.set(text, numbers.size).get(text);
  const key = keyOf(SAMPLE);
  const { all, choose } = kinds();
  const rows = [];
  for (const [spell, accept, width] of all) {
    const [uri, query = ''] = spell(key).split('?');
    const request = { method: 'GET', uri, headers: { accept: { value: accept } }, rawQueryString: () => query };
    const answer = await handler({ request });
    if (!answer.uri?.endsWith(`/${key}`)) throw new Error(`${spell(key)}: ${answer.statusCode ?? answer.uri}`);
    const verified = answer.headers['x-darkroom-verified'].value;
    const [normal, raw] = [`${answer.uri} ${verified}`, `${spell(key)} ${accept}`].map(number);
    rows.push({ normal, raw, bytes: bytes(width, verified) });
  }
  return { rows, choose, count: numbers.size };
}

/** The approximate size of a 3:2 photo in each format. */
function bytes(width, verified) {
  const each = { avif: 0.08, webp: 0.12 }[verified.split('-')[0]] ?? 0.2;
  return Math.round(((width * width * 2) / 3) * each) + 500;
}

/**
 * Shares of requests, with and without the function, that the location's own cache answers, and that no cache answers:
 * the locations share one cache in front of the origins.
 */
export function replay({ rows, choose, count }, { requests, photos, skew, locations, room, shared, seed = 1 }) {
  const roll = dice(seed);
  const photo = chooser(zipf(photos, skew));
  const location = chooser(zipf(locations, 0.7));
  const sides = ['normal', 'raw'].map((side) => ({
    side,
    near: Array.from({ length: locations }, () => new Cache(room)),
    far: new Cache(shared),
    hits: 0,
    misses: 0,
  }));
  for (let at = 0; at < requests; at++) {
    const [where, which, row] = [location(roll()), photo(roll()), rows[choose(roll())]];
    for (const one of sides) {
      const key = which * count + row[one.side];
      if (one.near[where].ask(key, row.bytes)) one.hits++;
      else if (!one.far.ask(key, row.bytes)) one.misses++;
    }
  }
  const shares = ({ side, hits, misses }) => [side, { hits: hits / requests, misses: misses / requests }];
  return Object.fromEntries(sides.map(shares));
}
