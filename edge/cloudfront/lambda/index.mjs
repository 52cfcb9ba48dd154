// Lambda@Edge, on origin request: the function that CloudFront calls for each uncached image.
import core from 'built:core';
import { instantiate } from 'built:edge';
import settings from 'built:settings';
import { handlerOf } from './handler.mjs';
import { Store } from './store.mjs';

const module = new WebAssembly.Module(core); // once, at the start

export const handler = handlerOf({
  settings,
  store: new Store(JSON.parse(settings)),
  instance: () => instantiate(() => module, {}).delivery,
});
