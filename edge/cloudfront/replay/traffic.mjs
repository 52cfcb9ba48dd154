// Synthetic requests: which photo at which size, how the page spells it, and what the browser accepts.

/** The same in every run. */
export function dice(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Indices by weight. */
export function chooser(weights) {
  const sums = new Float64Array(weights.length);
  let total = 0;
  weights.forEach((weight, at) => (sums[at] = total += weight));
  return (roll) => {
    let [low, high] = [0, sums.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sums[middle] > roll * total) high = middle;
      else low = middle + 1;
    }
    return low;
  };
}

export const zipf = (count, exponent) => Array.from({ length: count }, (_, rank) => 1 / (rank + 1) ** exponent);

/** Shares of requests; the fields are those in edge/delivery/src/negotiate. */
const BROWSERS = [
  [58, 'image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8'], // Chrome, Edge, Samsung Internet
  [12, 'image/webp,image/avif,image/jxl,image/heic,image/heic-sequence,video/*;q=0.8,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5'],
  [9, 'image/webp,image/avif,video/*;q=0.8,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5'],
  [4, 'image/avif,image/webp,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5'], // Firefox since 128
  [2, 'image/avif,image/webp,*/*'], // Firefox before
  [4, 'image/webp,image/png,image/svg+xml,image/*;q=0.8,video/*;q=0.8,*/*;q=0.5'], // Safari 14
  [2, 'image/webp,image/apng,image/*,*/*;q=0.8'],
  [1, 'image/webp,*/*'],
  [1, 'image/png,image/svg+xml,image/*;q=0.8,video/*;q=0.8,*/*;q=0.5'], // Safari 13
  [5, '*/*'], // previews, crawlers, applications
  [1, 'image/*'],
  [1, ''],
];

/** Widths of a `srcset`, by how often screens choose each. */
const SIZES = [[6, 256], [9, 384], [15, 640], [14, 750], [16, 828], [14, 1080], [12, 1200], [9, 1920], [5, 2048]];

/** The ways in which sites, components and people write the same photo's key and width. */
const SPELLINGS = [
  [22, (key, width) => `/image/width=${width}/${key}`],
  [12, (key, width) => `/cdn-cgi/image/width=${width},format=auto/${key}`],
  [10, (key, width) => `/cdn-cgi/image/format=auto,width=${width}/${key}`],
  [10, (key, width) => `/cdn-cgi/image/w=${width},f=auto/${key}`],
  [8, (key, width) => `/image/w=${width}/${key}`],
  [8, (key, width) => `/image/w=${width / 2},dpr=2/${key}`],
  [8, (key, width) => `/image/${key}?w=${width}&auto=format`],
  [6, (key, width) => `/image/${key}?auto=format%2Ccompress&w=${width}`],
  [6, (key, width) => `/image/${key}?auto=format&w=${width / 2}&dpr=2`],
  // Widths that a script has measured from the window.
  [6, (key, width, roll) => `/image/width=${Math.ceil(width * (1 - roll / 8))}/${key}`],
  [4, (key, width) => `/image/width=${width}/${key.replace('_photo', '%5Fphoto')}`],
];

const RANDOM = 9; // the spelling with a width of its own
const WIDTHS = 40; // that it has for each size

/** A photo's key: an upload. */
export const keyOf = (photo) => `uploads/u${photo % 97}/20260102_030405_${String(photo).padStart(8, '0')}_photo.jpg`;

/** Every kind of request: `[spelling of a key, Accept, width]`, and a random choice among them by frequency. */
export function kinds() {
  const all = [];
  const weights = [];
  for (const [often, spell] of SPELLINGS) {
    const variants = SPELLINGS[RANDOM][1] === spell ? WIDTHS : 1;
    for (const [chosen, width] of SIZES) {
      for (let variant = 0; variant < variants; variant++) {
        for (const [share, accept] of BROWSERS) {
          all.push([(key) => spell(key, width, variant / variants), accept, width]);
          weights.push((often * chosen * share) / variants);
        }
      }
    }
  }
  return { all, choose: chooser(weights) };
}
