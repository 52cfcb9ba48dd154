// The worker's message handler: the first message is the module and its memory's limits, each other one a call.
import { runner } from './runner.js';

/** Returns a function that handles messages, and answers with `post(message, transfer)`. */
export function answers(post) {
  let run;
  return (message) => {
    if (!run) {
      run = runner(message.module, message.pages);
      return;
    }
    const answer = run(message.name, message.args);
    const outputs = answer.ok?.results ?? [];
    post(answer, outputs.flatMap(({ ok }) => (ok ? [ok.bytes.buffer] : [])));
  };
}
