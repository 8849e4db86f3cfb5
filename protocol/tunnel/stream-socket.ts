import { constants, type Http2Stream } from 'node:http2';
import { Duplex } from 'node:stream';
import { problem } from '../problems/agent.js';
import type { Problem } from '../problems/problem.js';

const { NGHTTP2_NO_ERROR } = constants;

/** Buffer in each direction, bytes: several frames, so that they pass in one go. */
const BUFFER_BYTES = 256 * 1024;

/**
 * One CONNECT stream as a socket for `http.Agent` and pipes, which distinguishes the end of a stream
 * from its loss. `end` is emitted only after END_STREAM; any reset, or the loss of the session, is an
 * error (`stream-reset`). An Http2Stream reports some resets as a clean end, and a truncated answer
 * then passes for a success.
 */
export class StreamSocket extends Duplex {
  readonly #stream: Http2Stream;
  readonly #reset: (error: Error | null) => void;
  #endReceived = false;
  #hasEnd = false;

  /**
   * @param reset aborts an unfinished stream. Default: by a RST_STREAM frame. It gets null when our output is complete
   *   and further input is unwanted: NO_ERROR signals that (RFC 9113, 8.1) without losing data the peer has yet to read
   */
  constructor(stream: Http2Stream, reset = resetOf(stream)) {
    super({ allowHalfOpen: true, readableHighWaterMark: BUFFER_BYTES, writableHighWaterMark: BUFFER_BYTES });
    this.#stream = stream;
    this.#reset = reset;
    this.#watchForEndStream();
    stream.on('data', (chunk: Buffer) => {
      if (!this.push(chunk)) stream.pause();
    });
    stream.on('end', () => {
      if (!this.#hasEnd && this.#endReceived && stream.rstCode === NGHTTP2_NO_ERROR) {
        this.#hasEnd = true;
        this.push(null);
      }
    });
    stream.on('error', (cause) => {
      if (!this.#endIfComplete()) this.destroy(resetError(cause));
    });
    stream.on('close', () => {
      if (this.readableEnded || this.#pushedEnd() || this.#endIfComplete()) this.#destroyWhenRead();
      else this.destroy(resetError());
    });
    stream.pause();
  }

  /** `http.Agent` calls it on a socket; a stream has no equivalent. */
  setKeepAlive(): this {
    return this;
  }
  /** See {@link setKeepAlive}: DATA frames are sent immediately anyway. */
  setNoDelay(): this {
    return this;
  }
  /** See {@link setKeepAlive}: streams have no total time limit. */
  setTimeout(): this {
    return this;
  }
  /** See {@link setKeepAlive}: the tunnel keeps the process alive, not its streams. */
  ref(): this {
    return this;
  }
  /** See {@link ref}. */
  unref(): this {
    return this;
  }

  override _read(): void {
    this.#stream.resume();
  }

  override _write(chunk: Buffer, encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.#stream.write(chunk, encoding, this.#unlessUnwanted(callback));
  }

  /** Sends corked chunks as one. */
  override _writev(
    chunks: { chunk: Buffer; encoding: BufferEncoding }[],
    callback: (error?: Error | null) => void,
  ): void {
    const stream = this.#stream;
    const last = chunks.pop();
    stream.cork();
    for (const { chunk } of chunks) stream.write(chunk);
    stream.write(last?.chunk ?? Buffer.alloc(0), this.#unlessUnwanted(callback));
    stream.uncork();
  }

  override _final(callback: (error?: Error | null) => void): void {
    if (this.#stream.destroyed) this.#unlessUnwanted(callback)(new Error('The stream is closed'));
    else this.#stream.end(callback);
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    const stream = this.#stream;
    // Reset only unfinished streams: the peer counts resets and ends the session past its limit. A stream that
    // has ended both ways closes by itself. Reset by destroy() with an error: close() would send END_STREAM
    // first, which the peer reads as a clean end.
    if (!stream.destroyed && !stream.closed && !(this.readableEnded && this.writableFinished)) {
      if (error === null && !this.writableFinished)
        this.#reset(new Error('The stream was left before its end'));
      else this.#reset(error);
    }
    callback(error);
  }

  /**
   * A peer whose output is complete may reset the stream with any code: its output is still whole. Data buffered
   * in the HTTP/2 stream itself is lost with it.
   */
  #endIfComplete(): boolean {
    if (!this.#endReceived || this.#stream.readableLength > 0) return false;
    if (!this.#hasEnd) {
      this.#hasEnd = true;
      this.push(null);
    }
    return true;
  }

  /** Writes after the peer's end may fail; reading the rest matters more. */
  #unlessUnwanted(callback: (error?: Error | null) => void): (error?: Error | null) => void {
    return (error) => callback(error && this.#endReceived && !this.readableEnded ? null : error);
  }

  #destroyWhenRead(): void {
    if (this.readableEnded) this.destroy();
    else this.once('end', () => this.destroy());
  }

  #pushedEnd(): boolean {
    return this.#endReceived && this.#stream.rstCode === NGHTTP2_NO_ERROR && this.#stream.readableEnded;
  }

  /**
   * Node pushes null both for END_STREAM and when a stream closes; only the former happens while it is open. Until
   * the stream is read, nothing else reveals a reset with NO_ERROR.
   */
  #watchForEndStream(): void {
    const stream = this.#stream;
    const push = stream.push;
    stream.push = (chunk: unknown, encoding?: BufferEncoding) => {
      if (chunk === null) {
        if (!stream.closed && !stream.destroyed) this.#endReceived = true;
        else if (!this.#endReceived) this.destroy(resetError());
      }
      return push.call(stream, chunk, encoding);
    };
  }
}

function resetOf(stream: Http2Stream): (error: Error | null) => void {
  return (error) => (error ? stream.destroy(error) : stream.close(NGHTTP2_NO_ERROR));
}

function resetError(cause?: unknown): Problem {
  return problem('stream-reset', { cause });
}
