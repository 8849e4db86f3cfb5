/** More than Docker ever sends in a line; longer lines are an error. */
const MAX_LINE_CHARACTERS = 1024 * 1024;

/** Values of a stream of JSON lines, split anywhere. Lines that are not JSON are skipped. */
export async function* parseJsonLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<unknown> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > MAX_LINE_CHARACTERS) throw new Error('The engine sent a line that is too long');
    for (const line of lines) yield* parse(line);
  }
  yield* parse(rest);
}

function* parse(line: string): Generator<unknown> {
  if (line.trim() === '') return;
  try {
    yield JSON.parse(line);
  } catch {
    // A proxy's message, or an incomplete last line.
  }
}
