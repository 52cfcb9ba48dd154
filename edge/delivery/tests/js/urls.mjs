// Writes what real image components make of a table of sources and operations, with their Cloudflare providers:
// [[package, URL as a browser requests it, the source's own path or URL]].
import nuxtProvider from "@nuxt/image/runtime/providers/cloudflare";
import { generate } from "unpic/providers/cloudflare";

const base = "https://img.example/";
const sources = [
  "/uploads/u/photo.jpg",
  "/uploads/u/a photo, 50% off.jpg",
  "/uploads/u/été.png",
  "https://origin.example/a/b.jpg",
  "https://origin.example/a.jpg?v=1&w=2",
];
const operations = [
  { width: 640 },
  { width: 640, height: 480 },
  { width: 300.6, height: 200.2, quality: 75 },
  { width: 828, format: "auto" },
  { width: 828, format: "avif", quality: 50 },
  { width: 100, format: "jpg" },
  { width: 100, height: 100, fit: "contain", background: "#ff8800" },
  { width: 100, height: 100, fit: "cover", gravity: "auto" },
  { width: 100, height: 100, fit: "pad", background: "rgb(1, 2, 3)" },
  { width: 100, height: 100, fit: "cover", gravity: "0.25x0.75" },
  { height: 480, dpr: 2, sharpen: 1, blur: 2, rotate: 90 },
  { width: 320, metadata: "copyright", anim: false, onerror: "redirect" },
  { width: 320, "slow-connection-quality": 40, trim: "1;2;3;4" },
];
// The words that @nuxt/image has for itself, and its provider translates.
const nuxtOperations = [
  { width: 640, fit: "fill" },
  { width: 640, height: 480, fit: "outside" },
  { width: 640, height: 480, fit: "inside", format: "webp" },
];

const requested = (url) => new URL(url).href;
const { getImage } = nuxtProvider();
// @nuxt/image has <NuxtImg> pass whole numbers, and a source that is a URL's path: encoded.
const whole = (modifiers) =>
  Object.fromEntries(Object.entries(modifiers).map(([name, value]) => [name, /^(width|height)$/.test(name) ? Math.round(value) : value]));
const urls = [];
for (const source of sources) {
  for (const own of operations) {
    urls.push(["unpic", requested(generate(source.replace("%", "%25"), { ...own }, { domain: "img.example" })), source]);
  }
  for (const modifiers of [...operations.map(whole), ...nuxtOperations]) {
    const { url } = getImage(source.replace("%", "%25"), { modifiers, baseURL: base });
    urls.push(["@nuxt/image", requested(url), source]);
  }
}
process.stdout.write(JSON.stringify(urls));
