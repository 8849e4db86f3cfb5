/**
 * The distinct lines of several texts, joined by commas. Each text is a list with one item per line and a comma at the
 * end of all lines but the last. Holds one line at a time and remembers each emitted line.
 */
export async function* distinctLines(
  texts: readonly AsyncIterable<Buffer | string>[],
): AsyncGenerator<string> {
  const emitted = new Set<string>();
  for (const text of texts) {
    for await (const line of linesOf(text)) {
      const item = line.endsWith(',') ? line.slice(0, -1) : line;
      if (emitted.has(item)) continue;
      yield emitted.size === 0 ? item : `,${item}`;
      emitted.add(item);
    }
  }
}

/** Splits at line feeds only: JSON has none within, but may have other line ends. */
async function* linesOf(text: AsyncIterable<Buffer | string>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const piece of text) {
    const lines = (
      rest + (typeof piece === 'string' ? piece : decoder.decode(piece, { stream: true }))
    ).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  if (rest !== '') yield rest;
}
