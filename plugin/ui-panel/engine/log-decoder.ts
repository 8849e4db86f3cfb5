const HEADER_BYTES = 8;
// Colours, titles and the like; and what is left of control characters, tabs and line ends aside.
const ESCAPES =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[^[\]])|(?![\t\n])\p{Cc}/gu;

/**
 * Makes text of a container's log: out of Docker's frames where it has no terminal, whole characters wherever the
 * stream was cut, and without escape sequences.
 */
export class LogDecoder {
  readonly #isTerminal: boolean;
  readonly #texts = new Map<number, InstanceType<typeof TextDecoder>>();
  /** What came of the next frame's header. */
  #header: number[] = [];
  #stream = 0;
  /** Bytes of the frame that are still to come. What has come is shown: a frame may be as long as it says. */
  #remaining = 0;

  constructor(isTerminal: boolean) {
    this.#isTerminal = isTerminal;
  }

  push(chunk: Uint8Array): string {
    const text = this.#isTerminal ? this.#decode(1, chunk) : this.#unframe(chunk);
    return text.replace(ESCAPES, '');
  }

  /** A frame: which stream, three zeros, its length in big endian, and that many bytes. */
  #unframe(chunk: Uint8Array): string {
    let text = '';
    let at = 0;
    while (at < chunk.length) {
      if (this.#remaining > 0) {
        const part = chunk.subarray(at, at + this.#remaining);
        text += this.#decode(this.#stream, part);
        at += part.length;
        this.#remaining -= part.length;
        continue;
      }
      this.#header.push(chunk[at] ?? 0);
      at += 1;
      if (this.#header.length < HEADER_BYTES) continue;
      this.#stream = this.#header[0] ?? 0;
      this.#remaining = this.#header.slice(4).reduce((length, byte) => length * 256 + byte, 0);
      this.#header = [];
    }
    return text;
  }

  #decode(stream: number, bytes: Uint8Array): string {
    const decoder = this.#texts.get(stream) ?? new TextDecoder();
    this.#texts.set(stream, decoder);
    return decoder.decode(bytes, { stream: true });
  }
}
