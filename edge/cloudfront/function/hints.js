// Client hints (RFC 8942), as edge/delivery/src/negotiate/hints.rs reads them.
import { fold, roundUp } from './options.js';
import { field } from './text.js';

/** Fills in the options that depend on the client. */
export function applyHints(options, request) {
  const saves = field(request, 'save-data').toLowerCase() === 'on';
  const slow = options['slow-connection-quality'];
  delete options['slow-connection-quality'];
  if (options.width === 'auto') autoWidth(options, request);
  if (slow) {
    if (saves || /^(slow-2g|2g|3g)$/.test(field(request, 'ect'))) options.quality = slow;
  } else if (saves && TABLES.saveDataQuality && !options.preset && !options.quality) {
    options.quality = TABLES.saveDataQuality;
  }
}

function autoWidth(options, request) {
  const dpr = positive(request, 'dpr');
  const width = positive(request, 'width');
  if (dpr && Math.fround(options.dpr || 1) === 1) options.dpr = TABLES.dprSteps.filter((step) => step >= dpr)[0] || 4;
  options.width = TABLES.autoWidth;
  fold(options);
  if (options.dpr) return; // too large, which the component says
  options.width = roundUp(width ? Math.ceil(width) : options.width);
}

/** The hint, or the one with its older name if it is absent; NaN if it is invalid. */
function positive(request, name) {
  const text = field(request, request.headers['sec-ch-' + name] ? 'sec-ch-' + name : name);
  return /^[0-9.]{1,16}$/.test(text) ? Math.fround(text) : NaN;
}
