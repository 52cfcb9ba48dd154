// Renders images of the golden matrix in the current engine, and returns their SHA-256 by recipe.
import { image } from 'darkroom-image';
import { RECIPES } from './recipes.mjs';

export async function digests(bytes) {
  const input = image(bytes);
  const output = async (recipe) => [recipe, await digest(await input.clone().recipe(recipe).toBuffer())];
  return Object.fromEntries(await Promise.all(RECIPES.map(output)));
}

async function digest(bytes) {
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
