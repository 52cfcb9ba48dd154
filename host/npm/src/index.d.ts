import type { Encoders, InputFormat, OutputFormat, Recipe } from './vocabulary.js';

export type { InputFormat, OutputFormat, Recipe } from './vocabulary.js';

/** What holds an image. A text or URL is a file in Node, Deno and Bun, and an address in browsers. */
export type Input =
  | Uint8Array
  | ArrayBuffer
  | ArrayBufferView
  | Blob
  | Response
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array>
  | string
  | URL;

export interface Settings {
  /** Bounds of the source and of what is made of it, such as `{ pixels: 100e6 }`; `defaultLimits()` has all of them. */
  limits?: string | Record<string, number>;
  /** Ends the work, and rejects with its reason. */
  signal?: AbortSignal;
  /** In milliseconds, for one call of the image core; 30,000 by default. Without effect in workerd. */
  timeout?: number;
}

export interface ResizeOptions {
  /** In pixels. One side alone keeps the shape. */
  width?: number | null;
  height?: number | null;
  /** sharp's words, `cover` by default, or a recipe's. */
  fit?: 'cover' | 'contain' | 'fill' | 'inside' | 'scale-down' | 'crop' | 'pad' | 'squeeze';
  /** The part that a crop keeps: `attention`, `right top`, `northeast`, or a recipe's gravity. */
  position?: string;
  withoutEnlargement?: boolean;
  background?: Color;
}

export type Color = string | { r?: number; g?: number; b?: number; alpha?: number };

/** What the headers say. */
export interface Metadata {
  format: InputFormat;
  /** As the image is shown: after its EXIF orientation. */
  width: number;
  height: number;
  /** EXIF's, 1 to 8. It is applied whenever pixels are decoded. */
  orientation: number;
  frames: number;
  alpha: boolean;
  bitsPerChannel: number;
  iccProfile: boolean;
  /** Whether EXIF, XMP or IPTC is embedded. */
  metadata: boolean;
}

export interface Description {
  /** https://evanw.github.io/thumbhash, in Base64. */
  thumbHash: string;
  /** `#rrggbb`, with alpha where it is not opaque. */
  dominantColor: string;
  exif: Record<string, unknown>;
}

export interface OutputInfo {
  format: OutputFormat;
  width: number;
  height: number;
  /** The quality that was used; none for a lossless output. */
  quality?: number;
  /** In bytes. */
  size: number;
}

/** A `Buffer` in Node, Deno and Bun. */
export type Bytes = typeof globalThis extends { Buffer: { from(bytes: ArrayBuffer): infer B } } ? B : Uint8Array<ArrayBuffer>;

/** A recipe that grows with each call. Methods that return `this` change it. */
export interface Image extends Encoders {
  /** Another chain on the same input, which is read once. */
  clone(): Image;
  set(options: Recipe): this;
  /** A recipe as text: `width=800,format=webp`. */
  recipe(text: string): this;
  resize(width?: number | null, height?: number | null, options?: ResizeOptions): this;
  resize(options: ResizeOptions): this;
  /** The part of the input, as it is shown, that everything else is made of. */
  extract(area: { left: number; top: number; width: number; height: number }): this;
  /** Clockwise, by a multiple of 90 degrees. */
  rotate(angle?: number): this;
  autoOrient(): this;
  /** Upside down, before it is rotated. */
  flip(on?: boolean): this;
  /** Left to right, before it is rotated. */
  flop(on?: boolean): this;
  blur(sigma: number): this;
  sharpen(sigma: number | { sigma: number }): this;
  /** Cuts edges that have the colour of the top left pixel. */
  trim(): this;
  /** What lies under transparent pixels; black by default. */
  flatten(options?: { background?: Color }): this;
  /** Keeps EXIF; without it nothing is kept. */
  keepExif(): this;
  toFormat(format: OutputFormat | { id: OutputFormat }, options?: Recipe): this;
  /** The recipe's text. */
  toString(): string;
  metadata(): Promise<Metadata>;
  describe(): Promise<Description>;
  toBuffer(options?: { resolveWithObject?: false }): Promise<Bytes>;
  toBuffer(options: { resolveWithObject: true }): Promise<{ data: Bytes; info: OutputInfo }>;
  /**
   * Several chains or recipes' texts, all of one decode of this one's input. A smaller output may be made of a larger one:
   * its bytes may differ from those that it has alone.
   */
  render(outputs: (Image | string)[]): Promise<{ data: Bytes; info: OutputInfo }[]>;
  toBlob(): Promise<Blob>;
  /** In Node, Deno and Bun alone. The file's name says the format where nothing else does. */
  toFile(path: string | URL): Promise<OutputInfo>;
  /** Takes the input and gives the output: a `Duplex` of `node:stream`, or a `TransformStream` elsewhere. */
  stream(): any;
}

/** An image of an input; without one, for `stream()`. */
export function image(input?: Input, settings?: Settings): Image;

/** The canonical text of a recipe: long names, sorted, without what is the default. */
export function canonical(recipe: string): Promise<string>;
/** The options that recipes have. */
export function options(): Promise<{ name: string; short?: string; expected: string; default: string; doc: string }[]>;
/** The formats that are read and written. */
export function formats(): Promise<{ name: string; extensions: string[]; mediaType: string; decoded: boolean; encoder?: object }[]>;
export function defaultLimits(): Promise<string>;
/** Changes exactly when equal inputs and recipes would give other bytes than the release before. */
export function outputVersion(): Promise<number>;

/**
 * Ends all workers, and sets how many may run (one for each processor), how long one call may take in milliseconds, and
 * how much memory each may have in MiB (3,072; in workerd 74).
 */
export function configure(settings: { threads?: number; timeout?: number; memory?: number }): void;
/** Ends all workers, and what they do; the next call starts new ones. */
export function close(): void;

/** A failure that its code names. */
export class DarkroomError extends Error {
  constructor(code: string, message: string);
  /**
   * `unrecognized-format`, `unsupported-feature`, `malformed`, `limit-exceeded`, `invalid-recipe`, `invalid-limits` and
   * `internal` are the image core's; `trap` when it crashed, `timeout` when it took too long, `crashed` when its worker
   * ended.
   */
  code: string;
}
