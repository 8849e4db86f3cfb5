/** A line of a container's log, as text. */
export interface LogLine {
  readonly text: string;
  /** Whether it came by stderr. Of a terminal nobody knows. */
  readonly isError: boolean;
  /** As the engine tells it, such as `2026-11-23T20:57:21.123456789Z`; empty where it tells none. */
  readonly time: string;
  /** Whether it goes on where the line before it was cut: it was too long for one. */
  readonly isMore: boolean;
}

export interface LogDecoderOptions {
  /** Whether the container has a terminal: its log has no frames then. */
  readonly isTerminal: boolean;
  /** Whether the log was asked for with timestamps. */
  readonly hasTimes: boolean;
}

/** A stream's line that has no end yet. */
interface OpenLine {
  readonly decoder: InstanceType<typeof TextDecoder>;
  text: string;
  isMore: boolean;
  time: string;
}

const HEADER_BYTES = 8;
const STDERR = 2;
/** Longer lines come in pieces. */
const MAX_CHARACTERS = 4_000;
const MAX_STAMP_BYTES = 40;
const SPACE = 0x20;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.?\d*(?:Z|[+-]\d\d:\d\d) /;
// Colours, titles and the like; and what is left of control characters, tabs aside.
const ESCAPES =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[^[\]])|(?!\t)\p{Cc}/gu;

/**
 * Makes lines of a container's log: out of Docker's frames where it has no terminal, whole characters wherever the
 * stream was cut, without escape sequences. Nothing is left out but these.
 */
export class LogDecoder {
  readonly #options: LogDecoderOptions;
  readonly #open = new Map<number, OpenLine>();
  /** What came of the next frame's header. */
  #header: number[] = [];
  #stream = 1;
  /** Bytes of the frame that are still to come. What has come is shown: a frame may be as long as it says. */
  #remaining = 0;
  /** What came of the frame's time; null behind it. A long line comes in several frames, each with a time. */
  #stamp: number[] | null = null;

  constructor(options: LogDecoderOptions) {
    this.#options = options;
  }

  /** Lines that have ended with this chunk. */
  push(chunk: Uint8Array): LogLine[] {
    const lines: LogLine[] = [];
    if (this.#options.isTerminal) this.#take(chunk, lines);
    else this.#unframe(chunk, lines);
    return lines;
  }

  /** Lines as far as they have come, that may still grow. */
  rest(): LogLine[] {
    return [...this.#open].flatMap(([stream, open]) =>
      open.text === '' ? [] : this.#lineOf(stream, open, open.text),
    );
  }

  /** A frame: which stream, three zeros, its length in big endian, and that many bytes. */
  #unframe(chunk: Uint8Array, lines: LogLine[]): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#remaining > 0 && this.#stamp) {
        this.#takeStamp(this.#stamp, chunk[at] ?? 0, lines);
        at += 1;
      } else if (this.#remaining > 0) {
        const part = chunk.subarray(at, at + this.#remaining);
        this.#take(part, lines);
        at += part.length;
        this.#remaining -= part.length;
      } else {
        this.#header.push(chunk[at] ?? 0);
        at += 1;
        if (this.#header.length < HEADER_BYTES) continue;
        this.#stream = this.#header[0] ?? 0;
        this.#remaining = this.#header.slice(4).reduce((length, byte) => length * 256 + byte, 0);
        this.#stamp = this.#options.hasTimes ? [] : null;
        this.#header = [];
      }
    }
  }

  #takeStamp(stamp: number[], byte: number, lines: LogLine[]): void {
    stamp.push(byte);
    this.#remaining -= 1;
    if (byte !== SPACE && stamp.length < MAX_STAMP_BYTES && this.#remaining > 0) return;
    this.#stamp = null;
    const text = String.fromCharCode(...stamp);
    if (!TIME.test(text)) {
      this.#take(Uint8Array.from(stamp), lines);
      return;
    }
    const open = this.#openOf(this.#stream);
    if (open.text === '' && !open.isMore) open.time = text.trimEnd();
  }

  #openOf(stream: number): OpenLine {
    const open = this.#open.get(stream) ?? { decoder: new TextDecoder(), text: '', isMore: false, time: '' };
    this.#open.set(stream, open);
    return open;
  }

  #take(bytes: Uint8Array, lines: LogLine[]): void {
    const stream = this.#stream;
    const open = this.#openOf(stream);
    const parts = (open.text + open.decoder.decode(bytes, { stream: true })).split('\n');
    const rest = parts.pop() ?? '';
    for (const part of parts) {
      lines.push(...this.#pieces(stream, open, part));
      lines.push(this.#lineOf(stream, open, open.text));
      open.isMore = false;
      open.time = '';
    }
    lines.push(...this.#pieces(stream, open, rest));
  }

  /** What is too long for one line; leaves the rest in `open`. */
  #pieces(stream: number, open: OpenLine, text: string): LogLine[] {
    const pieces: LogLine[] = [];
    let at = 0;
    while (text.length - at > MAX_CHARACTERS) {
      const end = at + MAX_CHARACTERS - (isHighSurrogate(text.charCodeAt(at + MAX_CHARACTERS - 1)) ? 1 : 0);
      const piece = this.#lineOf(stream, open, text.slice(at, end));
      pieces.push(piece);
      open.isMore = true;
      open.time = piece.time;
      at = end;
    }
    open.text = text.slice(at);
    return pieces;
  }

  #lineOf(stream: number, { isMore, time }: OpenLine, text: string): LogLine {
    const { isTerminal, hasTimes } = this.#options;
    // In a terminal's log there is nothing but text.
    const [stamp = ''] = (isTerminal && hasTimes && !isMore && TIME.exec(text)) || [];
    return {
      text: text.slice(stamp.length).replace(ESCAPES, ''),
      isError: !isTerminal && stream === STDERR,
      time: stamp.trimEnd() || time,
      isMore,
    };
  }
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code < 0xdc00;
}
