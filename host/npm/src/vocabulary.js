// Written by vocabulary.mjs, of the image core's own `options` and `formats`.

/** The short names of options, and the long ones. */
export const short = {
  "bg": "background",
  "f": "format",
  "g": "gravity",
  "h": "height",
  "q": "quality",
  "w": "width",
};

/** The formats that can be written, and how their files' names end. */
export const encoders = {
  "avif": ["avif"],
  "webp": ["webp"],
  "jpeg": ["jpg","jpeg","jpe","jfif"],
  "png": ["png"],
  "gif": ["gif"],
  "jxl": ["jxl"],
};

export const mediaTypes = {
  "avif": "image/avif",
  "webp": "image/webp",
  "jpeg": "image/jpeg",
  "png": "image/png",
  "gif": "image/gif",
  "tiff": "image/tiff",
  "bmp": "image/bmp",
  "jxl": "image/jxl",
  "heic": "image/heic",
  "qoi": "image/qoi",
  "ico": "image/vnd.microsoft.icon",
};
