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
  #rest: Uint8Array = new Uint8Array(0);

  constructor(isTerminal: boolean) {
    this.#isTerminal = isTerminal;
  }

  push(chunk: Uint8Array): string {
    const text = this.#isTerminal ? this.#decode(1, chunk) : this.#unframe(chunk);
    return text.replace(ESCAPES, '');
  }

  /** A frame: which stream, three zeros, its length in big endian, and that many bytes. */
  #unframe(chunk: Uint8Array): string {
    let bytes = join(this.#rest, chunk);
    let text = '';
    while (bytes.length >= HEADER_BYTES) {
      const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(4);
      if (bytes.length < HEADER_BYTES + length) break;
      text += this.#decode(bytes[0] ?? 0, bytes.subarray(HEADER_BYTES, HEADER_BYTES + length));
      bytes = bytes.subarray(HEADER_BYTES + length);
    }
    this.#rest = bytes.slice();
    return text;
  }

  #decode(stream: number, bytes: Uint8Array): string {
    const decoder = this.#texts.get(stream) ?? new TextDecoder();
    this.#texts.set(stream, decoder);
    return decoder.decode(bytes, { stream: true });
  }
}

function join(one: Uint8Array, other: Uint8Array): Uint8Array {
  if (one.length === 0) return other;
  const both = new Uint8Array(one.length + other.length);
  both.set(one);
  both.set(other, one.length);
  return both;
}
