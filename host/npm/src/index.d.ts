import type { Encoders, InputFormat, OutputFormat, Recipe } from './vocabulary.js';

export type { InputFormat, OutputFormat, Recipe } from './vocabulary.js';

/** An image source. A string or URL is a file in Node, Deno and Bun, and a web address in browsers. */
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
  /** Limits of the source and of its outputs, such as `{ pixels: 100e6 }`; `defaultLimits()` lists all of them. */
  limits?: string | Record<string, number>;
  /** Aborts the work and rejects with the signal's reason. */
  signal?: AbortSignal;
  /** In milliseconds, for one call of the image core; 30,000 by default. Ignored in workerd. */
  timeout?: number;
}

export interface ResizeOptions {
  /** In pixels. If only one side is given, the aspect ratio is kept. */
  width?: number | null;
  height?: number | null;
  /** sharp's words, or a recipe's; `cover` by default. */
  fit?: 'cover' | 'contain' | 'fill' | 'inside' | 'scale-down' | 'crop' | 'pad' | 'squeeze';
  /** The part that a crop keeps: `attention`, `right top`, `northeast`, or a recipe's gravity. */
  position?: string;
  withoutEnlargement?: boolean;
  background?: Color;
}

export type Color = string | { r?: number; g?: number; b?: number; alpha?: number };

/** Facts from the headers. */
export interface Metadata {
  format: InputFormat;
  /** As displayed, after EXIF orientation. */
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
  /** `#rrggbb`, with alpha if it is not opaque. */
  dominantColor: string;
  exif: Record<string, unknown>;
}

export interface OutputInfo {
  format: OutputFormat;
  width: number;
  height: number;
  /** The quality used; absent for a lossless output. */
  quality?: number;
  /** In bytes. */
  size: number;
}

/** A `Buffer` in Node, Deno and Bun. */
export type Bytes = typeof globalThis extends { Buffer: { from(bytes: ArrayBuffer): infer B } } ? B : Uint8Array<ArrayBuffer>;

/** A recipe that grows with each call. Methods that return `this` modify it. */
export interface Image extends Encoders {
  /** Another chain on the same input, which is read only once. */
  clone(): Image;
  set(options: Recipe): this;
  /** A recipe as text: `width=800,format=webp`. */
  recipe(text: string): this;
  resize(width?: number | null, height?: number | null, options?: ResizeOptions): this;
  resize(options: ResizeOptions): this;
  /** Selects the part of the input, as displayed, to use for everything else. */
  extract(area: { left: number; top: number; width: number; height: number }): this;
  /** Rotates clockwise, by a multiple of 90 degrees. */
  rotate(angle?: number): this;
  autoOrient(): this;
  /** Mirrors vertically, before rotation. */
  flip(on?: boolean): this;
  /** Mirrors horizontally, before rotation. */
  flop(on?: boolean): this;
  blur(sigma: number): this;
  sharpen(sigma: number | { sigma: number }): this;
  /** Cuts edges that match the colour of the top left pixel. */
  trim(): this;
  /** Sets the colour under transparent pixels; black by default. */
  flatten(options?: { background?: Color }): this;
  /** Keeps EXIF; by default no metadata is kept. */
  keepExif(): this;
  toFormat(format: OutputFormat | { id: OutputFormat }, options?: Recipe): this;
  /** The recipe's text. */
  toString(): string;
  metadata(): Promise<Metadata>;
  describe(): Promise<Description>;
  toBuffer(options?: { resolveWithObject?: false }): Promise<Bytes>;
  toBuffer(options: { resolveWithObject: true }): Promise<{ data: Bytes; info: OutputInfo }>;
  /**
   * Renders several chains or recipe texts from one decode of this chain's input. A smaller output may be made from a
   * larger one, so its bytes may differ from those it has alone.
   */
  render(outputs: (Image | string)[]): Promise<{ data: Bytes; info: OutputInfo }[]>;
  toBlob(): Promise<Blob>;
  /** Node, Deno and Bun only. The file's extension selects the format unless the recipe sets one. */
  toFile(path: string | URL): Promise<OutputInfo>;
  /** Consumes the input and produces the output: a `Duplex` of `node:stream`, or a `TransformStream` elsewhere. */
  stream(): any;
}

/** Creates a chain on an input, or without one for `stream()`. */
export function image(input?: Input, settings?: Settings): Image;

/** The canonical text of a recipe: long names, sorted, without default values. */
export function canonical(recipe: string): Promise<string>;
/** The options of recipes. */
export function options(): Promise<{ name: string; short?: string; expected: string; default: string; doc: string }[]>;
/** The formats that can be read or written. */
export function formats(): Promise<{ name: string; extensions: string[]; mediaType: string; decoded: boolean; encoder?: object }[]>;
export function defaultLimits(): Promise<string>;
/** Changes exactly when equal inputs and recipes would give other bytes than in the previous release. */
export function outputVersion(): Promise<number>;

/**
 * Ends all workers, and sets how many may run (one per processor by default), how long one call may take in
 * milliseconds, and how much memory each may use in MiB (3,072; in workerd 74).
 */
export function configure(settings: { threads?: number; timeout?: number; memory?: number }): void;
/** Ends all workers and their work; the next call starts new ones. */
export function close(): void;

/** A failure identified by its code. */
export class DarkroomError extends Error {
  constructor(code: string, message: string);
  /**
   * The image core's codes are `unrecognized-format`, `unsupported-feature`, `malformed`, `limit-exceeded`,
   * `invalid-recipe`, `invalid-limits` and `internal`. The others are `trap` if it crashed, `timeout` if it took too
   * long, and `crashed` if its worker ended.
   */
  code: string;
}
