// Written by vocabulary.mjs, of the image core's own `options` and `formats`.

/** The options of a recipe, in camelCase: docs/recipes.md tells more. */
export interface Recipe {
  /** `false` asks for the first frame of an animation as a still; otherwise an animation stays one in WebP and GIF: true or false. Default: true. */
  anim?: boolean;
  /** under transparent pixels, and in what `fit=pad` adds: a CSS colour name, or hex digits: RGB, RGBA, RRGGBB or RRGGBBAA. Default: none; white where one is needed. */
  background?: string;
  /** the standard deviation of a Gaussian blur, in pixels of the output: a number from 0 to 250. Default: 0. */
  blur?: number;
  /** `keep` keeps the source's colours (Display P3, Adobe RGB, Rec. 2020 and others) with its profile, and more than 8 bits a channel where the output can have them: srgb or keep. Default: srgb. */
  color?: 'srgb' | 'keep';
  /** device pixels per CSS pixel: a number from 1 to 4. Default: 1. */
  dpr?: number;
  /** from fastest to smallest: an integer from 0 to 10. Default: avif 1, webp 6, jpeg 5, png 4, gif 0, jxl 5. */
  effort?: number;
  /** what to do where the source has another shape than width × height: scale-down, contain, cover, crop, pad or squeeze. Default: scale-down. */
  fit?: 'scale-down' | 'contain' | 'cover' | 'crop' | 'pad' | 'squeeze';
  /** mirrors, before rotating: none, h, v, hv or vh. Default: none. */
  flip?: 'none' | 'h' | 'v' | 'hv' | 'vh';
  /** of the output; of several, the first that can carry the image's frames and transparency: avif, gif, jpeg, jpg, jxl, png, webp, or several in the order of preference, such as jpeg;png. Default: webp. */
  format?: 'avif' | 'gif' | 'jpeg' | 'jpg' | 'jxl' | 'png' | 'webp' | (string & {});
  /** asks for that frame of an animation as a still, or for that page of a TIFF; the first one is 1: an integer from 1 to 4294967295. Default: none. */
  frame?: number;
  /** the part that a crop keeps, and where `fit=pad` puts the image: center, left, right, top, bottom, top-left, top-right, bottom-left, bottom-right, auto, or a point such as 0.5x0.25. Default: center. */
  gravity?: 'center' | 'left' | 'right' | 'top' | 'bottom' | 'top-left' | 'top-right' | 'bottom-left' | 'bottom-right' | 'auto' | (string & {});
  /** of the output, in CSS pixels: an integer from 1 to 65535. Default: follows from `width`, or the source's. */
  height?: number;
  /** keeps every opaque pixel; WebP, JPEG XL and PNG only, and PNG always does: true or false. Default: false. */
  lossless?: boolean;
  /** takes the highest quality up to `quality` whose bytes are no more: an integer of at least 1. Default: none. */
  maxBytes?: number;
  /** what is kept of EXIF, XMP and IPTC: nothing, EXIF's Copyright and Artist, or all: none, copyright or keep. Default: none. */
  metadata?: 'none' | 'copyright' | 'keep';
  /** what to do with a source of which pixels are missing: show the others, or refuse it: show or refuse. Default: show. */
  onDamage?: 'show' | 'refuse';
  /** what to do with an output that is larger than its format can express: scale-down or refuse. Default: scale-down. */
  oversize?: 'scale-down' | 'refuse';
  /** without meaning for a lossless output; of GIF the share of 256 colours, in percent: an integer from 1 to 100. Default: avif 75, webp 80, jpeg 80, png 100, gif 100, jxl 80. */
  quality?: number;
  /** degrees clockwise: 0, 90, 180 or 270. Default: 0. */
  rotate?: 0 | 90 | 180 | 270;
  /** the standard deviation of an unsharp mask, in pixels of the output: a number from 0 to 10. Default: 0. */
  sharpen?: number;
  /** cut before anything else is measured: none, border, or the pixels to cut from each side, top;right;bottom;left, each from 0 to 65535. Default: none. */
  trim?: 'none' | 'border' | (string & {});
  /** of the output, in CSS pixels: an integer from 1 to 65535. Default: follows from `height`, or the source's. */
  width?: number;
}

/** The formats that can be read. */
export type InputFormat = 'avif' | 'webp' | 'jpeg' | 'png' | 'gif' | 'tiff' | 'bmp' | 'jxl' | 'heic' | 'qoi' | 'ico' | 'svg';

/** The formats that can be written. */
export type OutputFormat = 'avif' | 'webp' | 'jpeg' | 'png' | 'gif' | 'jxl';

/** A method for each of them. */
export interface Encoders {
  avif(options?: Recipe): this;
  webp(options?: Recipe): this;
  jpeg(options?: Recipe): this;
  png(options?: Recipe): this;
  gif(options?: Recipe): this;
  jxl(options?: Recipe): this;
}
