// The server's events. EventSource can't send a token, so the stream is read here.
import { ask } from './api.js';

/** After how many milliseconds to try again; doubled each time, up to the second. */
const REST = [500, 10_000];

/**
 * Calls `handle(name, data)` for each event, all those first that the server still has, and again after each break: what
 * is told twice has to do no harm. `link(up)` as the connection comes and goes.
 */
export async function listen(handle, link) {
  for (let rest = REST[0]; ; rest = Math.min(rest * 2, REST[1])) {
    try {
      const response = await ask('/events', { headers: { 'last-event-id': '0' }, cache: 'no-store' });
      link(true);
      rest = REST[0];
      await read(response.body, ({ name, data }) => data && handle(name, JSON.parse(data)));
    } catch {
      // The server is gone, or the network: tried again below.
    }
    link(false);
    await new Promise((done) => setTimeout(done, rest));
  }
}

/** Events are separated by an empty line, their fields stand a line each (HTML §9.2.6). */
async function read(body, tell) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    text += value;
    const blocks = text.split(/\r?\n\r?\n/);
    text = blocks.pop();
    blocks.map(parse).forEach(tell);
  }
}

function parse(block) {
  const event = { name: 'message', data: '' };
  for (const line of block.split(/\r?\n/)) {
    const [, field, value] = /^([^:]*):? ?(.*)$/.exec(line);
    if (field === 'event') event.name = value;
    if (field === 'data') event.data += (event.data && '\n') + value;
  }
  return event;
}
