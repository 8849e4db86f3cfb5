/** A line of a log, as text. */
export interface LogLine {
  readonly text: string;
  /** Whether it is from stderr, or the engine's own error. Always false for a terminal. */
  readonly isError: boolean;
  /** The engine's timestamp, such as `2026-11-23T20:57:21.123456789Z`; empty if there is none. */
  readonly time: string;
  /** Id of the Swarm task that wrote it; empty in a container's log. */
  readonly task: string;
  /** Whether it continues the previous line, which was too long. */
  readonly isMore: boolean;
}

export interface LogDecoderOptions {
  /** Whether the container has a terminal: its log then has no frames. */
  readonly isTerminal: boolean;
  /** Whether the log was requested with timestamps. */
  readonly hasTimes: boolean;
  /** Whether it was requested with details, as logs of services are: each line starts with its task. */
  readonly hasTasks: boolean;
}

/** Prefix of each message, as requested. */
interface Prefix {
  readonly time: string;
  readonly task: string;
}

/** An unfinished line of a stream and a task. */
interface OpenLine {
  readonly isError: boolean;
  readonly task: string;
  readonly decoder: InstanceType<typeof TextDecoder>;
  text: string;
  isMore: boolean;
  time: string;
}

const HEADER_BYTES = 8;
const STDERR = 2;
/** Longer lines are split. */
const MAX_CHARACTERS = 4_000;
const MAX_PREFIX_BYTES = 400;
/** Unfinished lines of all tasks. */
const MAX_OPEN = 1_000;
const SPACE = 0x20;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.?\d*(?:Z|[+-]\d\d:\d\d) /;
/** `com.docker.swarm.node.id=…,com.docker.swarm.service.id=…,com.docker.swarm.task.id=…`, and labels that are logged. */
const DETAILS = /^(?:\S*,)?com\.docker\.swarm\.task\.id=([a-z0-9]+)(?:,\S*)? /;
// Colours, titles and the like; and other control characters except tabs.
const ESCAPES =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the pattern matches them
  /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[^[\]])|(?!\t)\p{Cc}/gu;

/**
 * Decodes the log of a container, a service or a task into lines: from Docker's frames unless it has a terminal, with
 * characters whole wherever the stream is split. Only escape sequences are removed.
 */
export class LogDecoder {
  readonly #options: LogDecoderOptions;
  /** Number of prefixes before a message. */
  readonly #prefixes: number;
  readonly #open = new Map<string, OpenLine>();
  /** Received bytes of the next frame's header. */
  #header: number[] = [];
  #stream = 1;
  /** Bytes missing of the current frame. Received ones are shown: a frame may be very long. */
  #remaining = 0;
  /** Received bytes of the frame's prefix; null after it. A long line spans several frames, each with a prefix. */
  #prefix: number[] | null = null;
  #spaces = 0;
  /** The line that the frame continues. */
  #line: OpenLine;

  constructor(options: LogDecoderOptions) {
    this.#options = options;
    this.#prefixes = Number(options.hasTimes) + Number(options.hasTasks);
    this.#line = this.#openOf('');
  }

  /** Lines completed by this chunk. */
  push(chunk: Uint8Array): LogLine[] {
    const lines: LogLine[] = [];
    if (this.#options.isTerminal) this.#accept(chunk, lines);
    else this.#unframe(chunk, lines);
    return lines;
  }

  /** Unfinished lines, which may still grow. */
  rest(): LogLine[] {
    return [...this.#open.values()].flatMap((open) =>
      open.text === '' ? [] : this.#lineOf(open, open.text),
    );
  }

  /** A frame: stream number, three zeros, big-endian length, and that many bytes. */
  #unframe(chunk: Uint8Array, lines: LogLine[]): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#remaining > 0 && this.#prefix) {
        this.#acceptPrefix(this.#prefix, chunk[at] ?? 0, lines);
        at += 1;
      } else if (this.#remaining > 0) {
        const part = chunk.subarray(at, at + this.#remaining);
        this.#accept(part, lines);
        at += part.length;
        this.#remaining -= part.length;
      } else {
        this.#header.push(chunk[at] ?? 0);
        at += 1;
        if (this.#header.length < HEADER_BYTES) continue;
        this.#stream = this.#header[0] ?? 0;
        this.#remaining = this.#header.slice(4).reduce((length, byte) => length * 256 + byte, 0);
        this.#line = this.#openOf('');
        this.#prefix = this.#prefixes > 0 ? [] : null;
        this.#spaces = 0;
        this.#header = [];
      }
    }
  }

  #acceptPrefix(prefix: number[], byte: number, lines: LogLine[]): void {
    prefix.push(byte);
    this.#remaining -= 1;
    if (byte === SPACE) this.#spaces += 1;
    if (this.#spaces < this.#prefixes && prefix.length < MAX_PREFIX_BYTES && this.#remaining > 0) return;
    this.#prefix = null;
    const text = String.fromCharCode(...prefix);
    const { time, task, length } = this.#parsePrefix(text);
    this.#line = this.#openOf(task);
    if (this.#line.text === '' && !this.#line.isMore) this.#line.time = time;
    if (length < prefix.length) this.#accept(Uint8Array.from(prefix.slice(length)), lines);
  }

  /** @returns also its length in characters: the text follows it */
  #parsePrefix(text: string): Prefix & { readonly length: number } {
    const { hasTimes, hasTasks } = this.#options;
    const [timestamp = ''] = (hasTimes && TIME.exec(text)) || [];
    const [details = '', task = ''] = (hasTasks && DETAILS.exec(text.slice(timestamp.length))) || [];
    return { time: timestamp.trimEnd(), task, length: timestamp.length + details.length };
  }

  #openOf(task: string): OpenLine {
    const key = `${this.#stream} ${task}`;
    let open = this.#open.get(key);
    if (!open) {
      if (this.#open.size >= MAX_OPEN) this.#open.clear();
      const isError = !this.#options.isTerminal && this.#stream >= STDERR;
      open = { isError, task, decoder: new TextDecoder(), text: '', isMore: false, time: '' };
      this.#open.set(key, open);
    }
    return open;
  }

  #accept(bytes: Uint8Array, lines: LogLine[]): void {
    const open = this.#line;
    const parts = (open.text + open.decoder.decode(bytes, { stream: true })).split('\n');
    const rest = parts.pop() ?? '';
    for (const part of parts) {
      lines.push(...this.#pieces(open, part));
      lines.push(this.#lineOf(open, open.text));
      open.isMore = false;
      open.time = '';
    }
    lines.push(...this.#pieces(open, rest));
  }

  /** Splits off full-length pieces; leaves the rest in `open`. */
  #pieces(open: OpenLine, text: string): LogLine[] {
    const pieces: LogLine[] = [];
    let at = 0;
    while (text.length - at > MAX_CHARACTERS) {
      const end = at + MAX_CHARACTERS - (isHighSurrogate(text.charCodeAt(at + MAX_CHARACTERS - 1)) ? 1 : 0);
      const piece = this.#lineOf(open, text.slice(at, end));
      pieces.push(piece);
      open.isMore = true;
      open.time = piece.time;
      at = end;
    }
    open.text = text.slice(at);
    return pieces;
  }

  #lineOf({ isMore, isError, time, task }: OpenLine, text: string): LogLine {
    // A terminal's log is plain text.
    const inText = this.#options.isTerminal && !isMore ? this.#parsePrefix(text) : null;
    return {
      text: text.slice(inText?.length).replace(ESCAPES, ''),
      isError,
      time: inText?.time || time,
      task: inText?.task || task,
      isMore,
    };
  }
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code < 0xdc00;
}
