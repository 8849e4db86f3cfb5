/** A line of a log, as text. */
export interface LogLine {
  readonly text: string;
  /** Whether it came by stderr, or is the engine's own complaint. Of a terminal nobody knows. */
  readonly isError: boolean;
  /** As the engine tells it, such as `2026-11-23T20:57:21.123456789Z`; empty where it tells none. */
  readonly time: string;
  /** Id of the Swarm task that wrote it; empty where the log is of one container. */
  readonly task: string;
  /** Whether it goes on where the line before it was cut: it was too long for one. */
  readonly isMore: boolean;
}

export interface LogDecoderOptions {
  /** Whether the container has a terminal: its log has no frames then. */
  readonly isTerminal: boolean;
  /** Whether the log was asked for with timestamps. */
  readonly hasTimes: boolean;
  /** Whether it was asked for with details, as logs of services are: the task that wrote it stands in front of a line. */
  readonly hasTasks: boolean;
}

/** What stands in front of each message, as far as it was asked for. */
interface Prefix {
  readonly time: string;
  readonly task: string;
}

/** A line that has no end yet, of a stream and a task. */
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
/** Longer lines come in pieces. */
const MAX_CHARACTERS = 4_000;
const MAX_PREFIX_BYTES = 400;
/** Lines without an end, and where the next ones of other tasks begin. */
const MAX_OPEN = 1_000;
const SPACE = 0x20;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.?\d*(?:Z|[+-]\d\d:\d\d) /;
/** `com.docker.swarm.node.id=…,com.docker.swarm.service.id=…,com.docker.swarm.task.id=…`, and labels that are logged. */
const DETAILS = /^(?:\S*,)?com\.docker\.swarm\.task\.id=([a-z0-9]+)(?:,\S*)? /;
// Colours, titles and the like; and what is left of control characters, tabs aside.
const ESCAPES =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[^[\]])|(?!\t)\p{Cc}/gu;

/**
 * Makes lines of the log of a container, a service or a task: out of Docker's frames where it has no terminal, whole characters wherever the
 * stream was cut, without escape sequences. Nothing is left out but these.
 */
export class LogDecoder {
  readonly #options: LogDecoderOptions;
  /** How many words stand in front of a message. */
  readonly #words: number;
  readonly #open = new Map<string, OpenLine>();
  /** What came of the next frame's header. */
  #header: number[] = [];
  #stream = 1;
  /** Bytes of the frame that are still to come. What has come is shown: a frame may be as long as it says. */
  #remaining = 0;
  /** What came of the frame's prefix; null behind it. A long line comes in several frames, each with a prefix. */
  #prefix: number[] | null = null;
  #spaces = 0;
  /** Which line the frame goes on with. */
  #line: OpenLine;

  constructor(options: LogDecoderOptions) {
    this.#options = options;
    this.#words = Number(options.hasTimes) + Number(options.hasTasks);
    this.#line = this.#openOf('');
  }

  /** Lines that have ended with this chunk. */
  push(chunk: Uint8Array): LogLine[] {
    const lines: LogLine[] = [];
    if (this.#options.isTerminal) this.#accept(chunk, lines);
    else this.#unframe(chunk, lines);
    return lines;
  }

  /** Lines as far as they have come, that may still grow. */
  rest(): LogLine[] {
    return [...this.#open.values()].flatMap((open) =>
      open.text === '' ? [] : this.#lineOf(open, open.text),
    );
  }

  /** A frame: which stream, three zeros, its length in big endian, and that many bytes. */
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
        this.#prefix = this.#words > 0 ? [] : null;
        this.#spaces = 0;
        this.#header = [];
      }
    }
  }

  #acceptPrefix(prefix: number[], byte: number, lines: LogLine[]): void {
    prefix.push(byte);
    this.#remaining -= 1;
    if (byte === SPACE) this.#spaces += 1;
    if (this.#spaces < this.#words && prefix.length < MAX_PREFIX_BYTES && this.#remaining > 0) return;
    this.#prefix = null;
    const text = String.fromCharCode(...prefix);
    const { time, task, length } = this.#parsePrefix(text);
    this.#line = this.#openOf(task);
    if (this.#line.text === '' && !this.#line.isMore) this.#line.time = time;
    if (length < prefix.length) this.#accept(Uint8Array.from(prefix.slice(length)), lines);
  }

  /** @returns its length in characters too: what is behind it is text */
  #parsePrefix(text: string): Prefix & { readonly length: number } {
    const { hasTimes, hasTasks } = this.#options;
    const [stamp = ''] = (hasTimes && TIME.exec(text)) || [];
    const [details = '', task = ''] = (hasTasks && DETAILS.exec(text.slice(stamp.length))) || [];
    return { time: stamp.trimEnd(), task, length: stamp.length + details.length };
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

  /** What is too long for one line; leaves the rest in `open`. */
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
    // In a terminal's log there is nothing but text.
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
