/**
 * Lines that several texts have in common, once: of lists whose items stand on a line each, a comma at its end but the
 * last's. Comes apart by commas. A line is held, and each that was told is remembered.
 */
export async function* distinctLines(
  texts: readonly AsyncIterable<Buffer | string>[],
): AsyncGenerator<string> {
  const told = new Set<string>();
  for (const text of texts) {
    for await (const line of linesOf(text)) {
      const item = line.endsWith(',') ? line.slice(0, -1) : line;
      if (told.has(item)) continue;
      yield told.size === 0 ? item : `,${item}`;
      told.add(item);
    }
  }
}

/** Line feeds alone end a line: JSON has none within, and may have others' line ends. */
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
