import { Duplex } from 'node:stream';
import { problem } from '../problems/agent.js';
import type { Clock } from '../time/clock.js';

/**
 * What a pipe leaves behind: a connection that can carry another call; one whose output is complete and whose further
 * input is unwanted; or one that cannot be used again.
 */
export type ConnectionState = 'reusable' | 'finished' | 'broken';

export interface BulkPipeOptions {
  /**
   * The CONNECT stream. Its only data, in each direction, is a line with the number of bytes on the connection, decimal,
   * once all are sent. Its end means that its sender reads no more.
   */
  readonly control: Duplex;
  /** Carries the bytes of one call at a time. */
  readonly connection: Duplex;
  /**
   * The pipe has let go of the connection. One that is not reusable must still be read, and not reset before the peer
   * has read everything: a reset would discard it.
   */
  readonly onRelease: (state: ConnectionState) => void;
  readonly clock: Clock;
  /** How long the rest may take to be read here once the peer reads no more, ms. Default: no limit. */
  readonly restMs?: number;
}

/** Buffer in each direction, bytes: as of a stream. */
const BUFFER_BYTES = 256 * 1024;
/** How long the bytes before a reset may take, ms. */
const REST_MS = 5_000;
/** No longer than the largest safe integer. */
const COUNT = /^\d{1,16}\n$/;
const MAX_COUNT = 17;

/**
 * A byte pipe whose bytes travel on a connection of their own, and whose ends and resets on a stream of the tunnel. Neither
 * `close_notify` nor a FIN is an end: Node reports both alike, and anybody can forge a FIN. An end is the count, with all
 * bytes that it counts; all else is an error, as for `stream-socket.ts`.
 */
export class BulkPipe extends Duplex {
  readonly #control: Duplex;
  readonly #connection: Duplex;
  readonly #onRelease: (state: ConnectionState) => void;
  #sent = 0;
  #received = 0;
  #count = '';
  /** Bytes that the peer has sent in all; null until it has ended its output. */
  #expected: number | null = null;
  #hasEnd = false;
  /** The peer has ended the stream: it reads no more. */
  #isUnwanted = false;
  /** Why the stream was reset before the count. */
  #failure: Error | null = null;
  readonly #clock: Clock;
  readonly #restMs: number | undefined;
  #cancel: (() => void) | null = null;

  constructor({ control, connection, onRelease, clock, restMs }: BulkPipeOptions) {
    super({ allowHalfOpen: true, readableHighWaterMark: BUFFER_BYTES, writableHighWaterMark: BUFFER_BYTES });
    this.#control = control;
    this.#connection = connection;
    this.#onRelease = onRelease;
    this.#clock = clock;
    this.#restMs = restMs;
    control.on('data', (chunk: Buffer) => {
      this.#count += chunk.toString('latin1');
      if (this.#count.endsWith('\n') || this.#count.length > MAX_COUNT) this.#counted();
    });
    control.on('error', (error) => this.#reset(error));
    control.on('end', () => {
      this.#isUnwanted = true;
      this.#left();
    });
    control.on('close', () => this.#left());
    connection.on('data', this.#onData);
    connection.on('end', this.#onGone);
    connection.on('close', this.#onGone);
    connection.pause();
  }

  /** `http.Agent` calls these on a socket; see `stream-socket.ts`. */
  setKeepAlive(): this {
    return this;
  }
  setNoDelay(): this {
    return this;
  }
  setTimeout(): this {
    return this;
  }
  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }

  override _read(): void {
    if (this.#connection.destroyed) this.#onGone();
    else if (!this.#hasEnd) this.#connection.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.#sent += chunk.length;
    this.#connection.write(chunk, this.#unlessUnwanted(callback));
  }

  /** Sends corked chunks as one. */
  override _writev(chunks: { chunk: Buffer }[], callback: (error?: Error | null) => void): void {
    const connection = this.#connection;
    const last = chunks.length - 1;
    connection.cork();
    for (const [index, { chunk }] of chunks.entries()) {
      this.#sent += chunk.length;
      if (index < last) connection.write(chunk);
      else connection.write(chunk, this.#unlessUnwanted(callback));
    }
    connection.uncork();
  }

  override _final(callback: (error?: Error | null) => void): void {
    this.#control.write(`${this.#sent}\n`, this.#unlessUnwanted(callback));
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#cancel?.();
    const connection = this.#connection;
    connection.off('data', this.#onData);
    connection.off('end', this.#onGone);
    connection.off('close', this.#onGone);
    const control = this.#control;
    const isComplete = error === null && this.writableFinished && !control.destroyed;
    const isReusable = isComplete && this.readableEnded && !connection.destroyed;
    this.#onRelease(isReusable ? 'reusable' : isComplete ? 'finished' : 'broken');
    // Not by a reset, which might overtake the count on a busy tunnel.
    if (isComplete || (error === null && this.#isUnwanted)) control.end();
    else control.destroy(error ?? undefined);
    callback(error);
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#received += chunk.length;
    if (this.#expected !== null && this.#received > this.#expected) this.destroy(lost());
    else if (!this.push(chunk)) this.#connection.pause();
    this.#endIfComplete();
  };

  readonly #onGone = (): void => {
    if (!this.#hasEnd) this.destroy(this.#failure ?? lost(this.#connection.errored));
  };

  /** What was sent before a reset may still be on its way: an engine may answer and break off. */
  #reset(error: Error): void {
    if (this.destroyed || this.#expected !== null || this.#failure !== null) return;
    this.#failure = error;
    if (this.#connection.destroyed) this.#onGone();
    else this.#cancel = this.#clock.after(REST_MS, this.#onGone);
  }

  #counted(): void {
    if (this.destroyed) return;
    const count = Number(this.#count);
    if (!COUNT.test(this.#count) || count < this.#received) this.destroy(lost());
    else this.#expected = count;
    this.#endIfComplete();
  }

  /** The peer reads no more. Its output is complete if it was counted. */
  #left(): void {
    if (this.#expected === null) this.#reset(lost());
    else if (this.readableEnded && !this.writableFinished) this.destroy();
    else if (!this.readableEnded) {
      this.once('end', () => this.#left());
      if (this.#restMs !== undefined) this.#cancel ??= this.#clock.after(this.#restMs, () => this.destroy());
    }
  }

  #endIfComplete(): void {
    if (this.#hasEnd || this.#received !== this.#expected) return;
    this.#hasEnd = true;
    this.#connection.pause();
    this.push(null);
  }

  /** Writes after the peer's end may fail; reading the rest matters more. */
  #unlessUnwanted(callback: (error?: Error | null) => void): (error?: Error | null) => void {
    return (error) => callback(error && this.#expected !== null && !this.readableEnded ? null : error);
  }
}

function lost(cause?: unknown): Error {
  return problem('stream-reset', { cause });
}
