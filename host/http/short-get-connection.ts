import { STATUS_CODES } from 'node:http';
import type { TLSSocket } from 'node:tls';
import type { CheckInExchange, CheckInHead } from '../../plugin/server-hooks/index.js';
import { readShortGet } from './read-short-get.js';

/** What the connections of one server have in common. */
export interface ShortGetOwner {
  /** Answers a short GET, in this turn or later; false if it does not, with the exchange untouched. */
  answer(head: CheckInHead, exchange: CheckInExchange): boolean;
  /** The connection is Node's HTTP server's from now on, with all bytes that were not answered. */
  handOver(connection: ShortGetConnection, socket: TLSSocket): void;
  closed(connection: ShortGetConnection): void;
  /** Monotonic ms. */
  now(): number;
}

/** What may arrive during an exchange, bytes. Agents do not pipeline. */
const MAX_EARLY_BYTES = 16 * 1024;

/**
 * A connection that has carried nothing but short GETs so far. At the first bytes that are anything else it is handed
 * over to Node's HTTP server for good. It is the exchange of its only request at a time: nothing is created for one that
 * is held.
 */
export class ShortGetConnection implements CheckInExchange {
  readonly #socket: TLSSocket;
  readonly #owner: ShortGetOwner;
  #state: 'new' | 'idle' | 'answering' | 'last' | 'gone' = 'new';
  #status = 0;
  #usedMs: number;
  /** For the end of the current exchange. */
  #onClose: (() => void) | null = null;
  /** What came during the current exchange. */
  #early: Buffer | null = null;
  readonly #onData = (chunk: Buffer) => this.#read(chunk);
  readonly #onEnd = () => this.#closed();

  constructor(socket: TLSSocket, owner: ShortGetOwner) {
    this.#socket = socket;
    this.#owner = owner;
    this.#usedMs = owner.now();
  }

  start(): void {
    this.#socket.on('error', ignore).on('close', this.#onEnd).on('data', this.#onData);
  }

  /** Closes the connection, after the current answer if there is one. */
  stop(): void {
    if (this.#state === 'answering') this.#state = 'last';
    else if (this.#state !== 'last') this.#socket.destroy();
  }

  /** Closes it if it has been idle for `idleMs`; hands it over if it has sent nothing for `silentMs`. */
  expire(idleMs: number, silentMs: number): void {
    const unusedMs = this.#owner.now() - this.#usedMs;
    if (this.#state === 'idle' && unusedMs > idleMs) this.#socket.destroy();
    if (this.#state === 'new' && unusedMs > silentMs) this.#handOver(null);
  }

  get statusCode(): number {
    return this.#status;
  }

  get headersSent(): boolean {
    return this.#status !== 0;
  }

  answer(status: number, headers: Readonly<Record<string, string>>, body: Uint8Array): void {
    if (this.#status !== 0 || (this.#state !== 'answering' && this.#state !== 'last')) return;
    this.#status = status;
    const isLast = this.#state === 'last';
    let head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n`;
    for (const name in headers) head += `${name}: ${headers[name]}\r\n`;
    if (status !== 304) head += `Content-Length: ${body.length}\r\n`;
    head += isLast ? 'Connection: close\r\n\r\n' : '\r\n';
    if (body.length === 0) this.#socket.write(head, 'latin1');
    else this.#socket.write(Buffer.concat([Buffer.from(head, 'latin1'), body]));
    this.#state = 'idle';
    this.#usedMs = this.#owner.now();
    this.#end();
    if (isLast) this.#socket.end();
    else if (this.#early) this.#handOver(this.#early);
  }

  abort(): void {
    this.#socket.destroy();
  }

  once(_event: 'close', listener: () => void): void {
    if (this.#state === 'gone') {
      listener();
      return;
    }
    const before = this.#onClose;
    this.#onClose = before
      ? () => {
          before();
          listener();
        }
      : listener;
  }

  #read(chunk: Buffer): void {
    if (this.#state === 'answering' || this.#state === 'last') {
      this.#keep(chunk);
      return;
    }
    // A client that does not read its answers: Node's server waits for it. The last answer alone may be on its way still.
    const head = this.#socket.writableNeedDrain ? null : readShortGet(chunk);
    if (head) {
      this.#state = 'answering';
      this.#status = 0;
      if (this.#owner.answer(head, this)) return;
    }
    this.#handOver(chunk);
  }

  /** Pipelined bytes wait for the answer. They are read, not left in the socket: the end of the stream may follow them. */
  #keep(chunk: Buffer): void {
    this.#early = this.#early ? Buffer.concat([this.#early, chunk]) : chunk;
    if (this.#early.length > MAX_EARLY_BYTES) this.#socket.destroy();
  }

  #handOver(chunk: Buffer | null): void {
    const socket = this.#socket;
    // `close` follows, and perhaps `error` before it.
    if (socket.destroyed) return;
    this.#state = 'gone';
    this.#early = null;
    socket.off('close', this.#onEnd).off('data', this.#onData);
    if (chunk) socket.unshift(chunk);
    this.#owner.handOver(this, socket);
    // Only now: at no time is the socket without a listener for errors.
    socket.off('error', ignore);
    socket.resume();
  }

  #closed(): void {
    this.#state = 'gone';
    this.#owner.closed(this);
    this.#end();
  }

  #end(): void {
    const listener = this.#onClose;
    this.#onClose = null;
    listener?.();
  }
}

function ignore(): void {}
