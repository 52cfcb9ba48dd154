// The chain: a recipe that grows with each call, and the methods that render it.
import { DarkroomError } from './error.js';
import { color, size } from './sharp.js';
import { encoders, mediaTypes } from './vocabulary.js';
import { options, words } from './words.js';

/** Methods that don't return a promise modify the chain and return it, like sharp's. */
export class Image {
  #area;

  constructor(source, recipe = {}) {
    this.source = source;
    this.options = recipe;
  }

  /** Another chain on the same input, which is read only once. */
  clone() {
    const copy = new this.constructor(this.source, { ...this.options });
    copy.#area = this.#area;
    return copy;
  }

  /** Any options of a recipe, in camelCase. */
  set(recipe) {
    Object.assign(this.options, recipe);
    return this;
  }

  /** A recipe as text: `width=800,format=webp`. */
  recipe(text) {
    return this.set(options(text));
  }

  resize(width, height, settings) {
    return this.set(size(width, height, settings));
  }

  /** Selects the part of the input, as displayed, to use for everything else. */
  extract(area) {
    this.#area = area;
    return this;
  }

  /** Rotates clockwise, by a multiple of 90 degrees. EXIF's orientation is always applied first. */
  rotate(angle = 0) {
    return this.set({ rotate: ((angle % 360) + 360) % 360 });
  }

  /** For compatibility with sharp: orientation is always applied. */
  autoOrient() {
    return this;
  }

  /** Mirrors vertically, before rotation. */
  flip(on = true) {
    return this.#mirror('v', on);
  }

  /** Mirrors horizontally, before rotation. */
  flop(on = true) {
    return this.#mirror('h', on);
  }

  #mirror(axis, on) {
    const axes = [...(this.options.flip ?? '')].filter((other) => 'hv'.includes(other) && other !== axis);
    return this.set({ flip: [...axes, ...(on ? [axis] : [])].sort().join('') || undefined });
  }

  blur(sigma) {
    return this.set({ blur: sigma });
  }

  sharpen(settings) {
    return this.set({ sharpen: settings?.sigma ?? settings });
  }

  /** Cuts edges that match the colour of the top left pixel. */
  trim() {
    return this.set({ trim: 'border' });
  }

  /** Sets the colour under transparent pixels. */
  flatten({ background = 'black' } = {}) {
    return this.set({ background: color(background) });
  }

  /** Keeps EXIF; by default no metadata is kept. */
  keepExif() {
    return this.set({ metadata: 'keep' });
  }

  toFormat(format, settings) {
    return this.set({ ...settings, format: format.id ?? format });
  }

  /** The recipe's text. */
  toString() {
    return words(this.options);
  }

  /** Facts about the input, from its headers alone. */
  metadata() {
    return this.source.tell('probe');
  }

  /** A ThumbHash, the dominant colour, and the camera's EXIF fields. */
  describe() {
    return this.source.tell('describe');
  }

  /** The bytes; with `resolveWithObject`, `{ data, info }`. */
  async toBuffer({ resolveWithObject = false } = {}) {
    const [output] = await this.render([this]);
    return resolveWithObject ? output : output.data;
  }

  /** Renders several chains or recipe texts from one decode of this chain's input; returns `{ data, info }` for each.
   * */
  async render(outputs) {
    const recipes = await Promise.all(outputs.map((output) => (output instanceof Image ? output.#text() : output)));
    const results = await this.source.render(recipes);
    return results.map(({ ok, err }) => {
      if (err) throw new DarkroomError(err.code, err.message);
      const { bytes, ...facts } = ok;
      return { data: this.buffer(bytes), info: { ...facts, size: bytes.length } };
    });
  }

  async toBlob() {
    const { data, info } = await this.toBuffer({ resolveWithObject: true });
    return new Blob([data], { type: mediaTypes[info.format] });
  }

  /** A stream that consumes the input and produces the output. */
  stream() {
    const chunks = [];
    return new TransformStream({
      transform: (chunk) => void chunks.push(chunk),
      flush: async (output) => output.enqueue(await this.from(chunks).toBuffer()),
    });
  }

  /** The same chain on another input. */
  from(input) {
    const copy = this.clone();
    copy.source = this.source.on(input);
    return copy;
  }

  /** Converts bytes to the type that callers get. */
  buffer(bytes) {
    return bytes;
  }

  /** The recipe's text; reads the input if `extract` requires it. */
  async #text() {
    if (!this.#area) return this.toString();
    const { left, top, width, height } = this.#area;
    const shown = await this.metadata();
    const trim = [top, shown.width - left - width, shown.height - top - height, left].join(';');
    return words({ ...this.options, trim });
  }
}

/** A method for each output format: `avif({ quality: 60 })`. */
for (const format of Object.keys(encoders)) {
  Image.prototype[format] = function encode(settings) {
    return this.toFormat(format, settings);
  };
}
