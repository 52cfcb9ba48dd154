// Reads a JSON array of Accept headers; writes one of what `negotiator` answers to each: jxl, avif, webp, fallback, or null
// where it accepts none.
import { readFileSync } from "node:fs";
import Negotiator from "negotiator";

// Of types that only a wildcard covers, negotiator takes the first of this list: the fallbacks, as we do.
const offered = ["image/jpeg", "image/png", "image/gif", "image/jxl", "image/avif", "image/webp"];
const word = { "image/jxl": "jxl", "image/avif": "avif", "image/webp": "webp" };

// Intended difference: between named types of equal weight, negotiator goes by their place in the header, which means
// nothing in RFC 9110, and we by our own order. So it gets the header's elements in that order.
const rank = (element) => [/^image\/jxl/i, /^image\/avif/i, /^image\/webp/i].findIndex((type) => type.test(element.trim())) >>> 0;
const inOurOrder = (accept) => accept.split(",").sort((a, b) => rank(a) - rank(b)).join(",");

const answers = JSON.parse(readFileSync(0, "utf8")).map((accept) => {
  const [best] = new Negotiator({ headers: { accept: inOurOrder(accept) } }).mediaTypes(offered);
  return best === undefined ? null : (word[best] ?? "fallback");
});
process.stdout.write(JSON.stringify(answers));
