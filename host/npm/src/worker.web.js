import { answers } from './worker.js';

const answer = answers((message, transfer) => postMessage(message, transfer));
addEventListener('message', ({ data }) => answer(data));
