// An input, and the image core's calls on it.
import { words } from './words.js';

export class Source {
  #bytes;

  /** `engine` calls the image core; `read` returns the bytes of `input`, and is called once. */
  constructor(engine, read, input, settings = {}) {
    const { limits = '', signal, timeout } = settings;
    Object.assign(this, { engine, read, input, settings, bounds: { signal, timeout } });
    this.limits = typeof limits === 'string' ? limits : words(limits);
  }

  /** Another input, with the same settings. */
  on(input) {
    return new Source(this.engine, this.read, input, this.settings);
  }

  /** The result of the function `name` for the input. */
  async tell(name) {
    return JSON.parse(await this.engine.call(name, [await this.#all(), this.limits], this.bounds));
  }

  /** `{ ok: rendition }` or `{ err: { code, message } }` for each recipe, from one decode. */
  async render(recipes) {
    const { results } = await this.engine.call('transform', [await this.#all(), recipes, this.limits], this.bounds);
    return results;
  }

  #all() {
    this.#bytes ??= this.read(this.input);
    return this.#bytes;
  }
}
