// What a worker does: the first message is the module and its memory's bounds, each other one a call.
import { runner } from './runner.js';

/** `post(message, transfer)` answers what is given to the function that this returns. */
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
