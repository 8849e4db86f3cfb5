/** The used part of a WebSocket. */
export type Sender = Pick<WebSocket, 'bufferedAmount' | 'readyState' | 'send'>;

const OPEN = 1;
const PIECE_BYTES = 64 * 1024;
/** Limit on the browser's buffer; the rest waits here. */
const HIGH_BYTES = 256 * 1024;
/** Poll interval: a WebSocket has no event for sent data. */
const POLL_MS = 20;

/** Sends bytes in order and in pieces, no faster than the connection: a paste may be megabytes. */
export class SendQueue {
  readonly #socket: Sender;
  readonly #notify: (waitingBytes: number) => void;
  #waiting: Uint8Array<ArrayBuffer>[] = [];
  #timer: ReturnType<typeof setTimeout> | null = null;

  /** @param onWaiting called with the number of waiting bytes whenever some had to wait; 0 at the end */
  constructor(socket: Sender, onWaiting: (waitingBytes: number) => void) {
    this.#socket = socket;
    this.#notify = onWaiting;
  }

  push(bytes: Uint8Array<ArrayBuffer>): void {
    for (let at = 0; at < bytes.length; at += PIECE_BYTES)
      this.#waiting.push(bytes.subarray(at, at + PIECE_BYTES));
    if (this.#timer === null) this.#send();
  }

  /** Discards waiting bytes. */
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
    if (this.#waiting.length > 0) this.#timer = setTimeout(() => this.#send(), POLL_MS);
    if (hasWaited || this.#timer !== null)
      this.#notify(this.#waiting.reduce((sum, { length }) => sum + length, 0));
  }
}
