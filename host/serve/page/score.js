// How near an image comes to its original, as the server measures it.
import { ask } from './api.js';

const WORTH = [[90, 'can’t be told apart'], [70, 'high quality'], [50, 'medium quality'], [30, 'low quality']];

/** A score and what it means, or why there is none. */
export async function quality(imageId, options = 'preset=compressed') {
  try {
    const query = new URLSearchParams({ options });
    const { ssimulacra2 } = await (await ask(`/images/${imageId}/score?${query}`)).json();
    const word = WORTH.find(([least]) => ssimulacra2 >= least)?.[1] ?? 'very low quality';
    return [ssimulacra2.toFixed(1), word];
  } catch (error) {
    return ['none', error.message];
  }
}
