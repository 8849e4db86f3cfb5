import { Duplex } from 'node:stream';
import { problem } from '../problems/agent.js';
import type { Clock } from '../time/clock.js';

/**
 * What a pipe leaves behind: a connection that can carry another call; one whose output is complete and whose further
 * input is unwanted; or one with a truncated stream.
 */
export type ConnectionState = 'reusable' | 'finished' | 'broken';

export interface BulkPipeOptions {
  /** The CONNECT stream. Its only data, in each direction, is the number of bytes on the connection, decimal. */
  readonly control: Duplex;
  /** Carries the bytes of one call at a time. */
  readonly connection: Duplex;
  /** The pipe has let go of the connection. */
  readonly onRelease: (state: ConnectionState) => void;
  readonly clock: Clock;
}

/** Buffer in each direction, bytes: as of a stream. */
const BUFFER_BYTES = 256 * 1024;
/** How long the count may take on the tunnel once the connection has ended, ms. */
const COUNT_MS = 10_000;
/** Digits of the largest safe integer. */
const MAX_DIGITS = 16;

/**
 * A byte pipe whose bytes travel on a connection of their own, and whose ends and resets on a stream of the tunnel. Neither
 * `close_notify` nor a FIN is an end: Node reports both alike, and anybody can forge a FIN. An end is the stream's
 * END_STREAM, with all bytes that it counts; all else is an error, as for `stream-socket.ts`.
 */
export class BulkPipe extends Duplex {
  readonly #control: Duplex;
  readonly #connection: Duplex;
  readonly #onRelease: (state: ConnectionState) => void;
  #sent = 0;
  #received = 0;
  #digits = '';
  /** Bytes that the peer has sent in all; null until it has ended its output. */
  #expected: number | null = null;
  #hasEnd = false;
  readonly #clock: Clock;
  #cancel: (() => void) | null = null;

  constructor({ control, connection, onRelease, clock }: BulkPipeOptions) {
    super({ allowHalfOpen: true, readableHighWaterMark: BUFFER_BYTES, writableHighWaterMark: BUFFER_BYTES });
    this.#control = control;
    this.#connection = connection;
    this.#onRelease = onRelease;
    this.#clock = clock;
    control.on('data', (chunk: Buffer) => {
      this.#digits += chunk.toString('latin1');
      if (this.#digits.length > MAX_DIGITS) this.destroy(lost());
    });
    control.on('end', () => this.#counted());
    control.on('error', (error) => {
      if (this.#expected === null) this.destroy(error);
    });
    control.on('close', () => {
      if (this.#expected === null) this.destroy(lost());
      // Ended both ways: this pipe closes by itself.
      else if (control.writableFinished) return;
      else if (this.readableEnded) this.destroy();
      else this.once('end', () => this.destroy());
    });
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
    if (!this.#hasEnd) this.#connection.resume();
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
    if (this.#control.destroyed) this.#unlessUnwanted(callback)(lost());
    else this.#control.end(`${this.#sent}`, this.#unlessUnwanted(callback));
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#cancel?.();
    const connection = this.#connection;
    connection.off('data', this.#onData);
    connection.off('end', this.#onGone);
    connection.off('close', this.#onGone);
    const isComplete = error === null && this.writableFinished;
    const isReusable = isComplete && this.readableEnded && !connection.destroyed;
    this.#onRelease(isReusable ? 'reusable' : isComplete ? 'finished' : 'broken');
    // A stream that has ended both ways closes by itself.
    if (!isReusable) this.#control.destroy(error ?? undefined);
    callback(error);
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#received += chunk.length;
    if (this.#expected !== null && this.#received > this.#expected) this.destroy(lost());
    else if (!this.push(chunk)) this.#connection.pause();
    this.#endIfComplete();
  };

  /** The count may still be on its way on the tunnel. */
  readonly #onGone = (): void => {
    if (this.#hasEnd) return;
    const { errored, readableEnded } = this.#connection;
    // A write after the peer's FIN fails; what the peer sent is complete all the same.
    if (this.#expected !== null || (errored && !readableEnded)) this.destroy(lost(errored));
    else this.#cancel ??= this.#clock.after(COUNT_MS, () => this.destroy(lost()));
  };

  #counted(): void {
    if (!/^\d+$/.test(this.#digits) || Number(this.#digits) < this.#received) {
      this.destroy(lost());
      return;
    }
    this.#expected = Number(this.#digits);
    this.#endIfComplete();
    if (!this.#hasEnd && (this.#connection.readableEnded || this.#connection.destroyed)) this.destroy(lost());
  }

  #endIfComplete(): void {
    if (this.#hasEnd || this.#received !== this.#expected) return;
    this.#hasEnd = true;
    this.#cancel?.();
    this.#connection.pause();
    this.push(null);
  }

  /** Writes after the peer's end may fail; reading the rest matters more. Its FIN may overtake its count. */
  #unlessUnwanted(callback: (error?: Error | null) => void): (error?: Error | null) => void {
    return (error) => {
      const hasPeerEnded = this.#expected !== null || this.#connection.readableEnded;
      callback(error && hasPeerEnded && !this.readableEnded ? null : error);
    };
  }
}

function lost(cause?: unknown): Error {
  return problem('stream-reset', { cause });
}
