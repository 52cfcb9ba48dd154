/** Reads the bytes of an image source: bytes, a Blob or Response, a stream, or any async iterable of chunks. */
export async function read(input) {
  if (input instanceof Uint8Array) return input;
  if (input instanceof ArrayBuffer) return new Uint8Array(input);
  if (ArrayBuffer.isView(input)) return new Uint8Array(input.buffer, input.byteOffset, input.byteLength);
  if (typeof input?.arrayBuffer === 'function') return new Uint8Array(await input.arrayBuffer());
  if (input?.[Symbol.asyncIterator] || Array.isArray(input)) return join(input);
  if (typeof input?.getReader === 'function') return read(new Response(input));
  throw new TypeError(`input ${input}: must be bytes, a Blob, a Response or a stream`);
}

async function join(input) {
  const chunks = [];
  for await (const chunk of input) chunks.push(chunk);
  const bytes = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
