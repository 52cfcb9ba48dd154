import { parentPort } from 'node:worker_threads';
import { answers } from './worker.js';

parentPort.on('message', answers((answer, transfer) => parentPort.postMessage(answer, transfer)));
