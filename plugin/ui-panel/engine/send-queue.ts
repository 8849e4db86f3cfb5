/** What of a WebSocket is used. */
export type Sender = Pick<WebSocket, 'bufferedAmount' | 'readyState' | 'send'>;

const OPEN = 1;
const PIECE_BYTES = 64 * 1024;
/** What the browser may hold; what is behind it waits here. */
const HIGH_BYTES = 256 * 1024;
/** A WebSocket does not tell when it has sent something. */
const LOOK_MS = 20;

/** Sends bytes in order and in pieces, no faster than the connection takes them: a paste may be megabytes. */
export class SendQueue {
  readonly #socket: Sender;
  readonly #notify: (waitingBytes: number) => void;
  #waiting: Uint8Array<ArrayBuffer>[] = [];
  #timer: ReturnType<typeof setTimeout> | null = null;

  /** @param tell hears how many bytes wait, whenever something had to wait; 0 at its end */
  constructor(socket: Sender, tell: (waitingBytes: number) => void) {
    this.#socket = socket;
    this.#notify = tell;
  }

  push(bytes: Uint8Array<ArrayBuffer>): void {
    for (let at = 0; at < bytes.length; at += PIECE_BYTES)
      this.#waiting.push(bytes.subarray(at, at + PIECE_BYTES));
    if (this.#timer === null) this.#send();
  }

  /** What waits is not sent any more. */
  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#waiting = [];
  }

  #send(): void {
    const hasWaited = this.#timer !== null;
    this.#timer = null;
    const socket = this.#socket;
    if (socket.readyState !== OPEN) {
      this.stop();
      return;
    }
    while (socket.bufferedAmount < HIGH_BYTES) {
      const piece = this.#waiting.shift();
      if (!piece) break;
      socket.send(piece);
    }
    if (this.#waiting.length > 0) this.#timer = setTimeout(() => this.#send(), LOOK_MS);
    if (hasWaited || this.#timer !== null)
      this.#notify(this.#waiting.reduce((sum, { length }) => sum + length, 0));
  }
}
