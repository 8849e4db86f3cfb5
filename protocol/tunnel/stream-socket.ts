import { constants, type Http2Stream } from 'node:http2';
import { Duplex } from 'node:stream';
import { EdgeError } from '../edge-error.js';

const { NGHTTP2_NO_ERROR } = constants;

/** What may wait here in each direction, bytes: several frames, so that they pass in one go. */
const BUFFER_BYTES = 256 * 1024;

/**
 * One CONNECT stream as a socket: what `http.Agent` and pipes expect, with the end of a stream told
 * apart from its loss. `end` comes only after END_STREAM; a reset with whatever code, or the loss of
 * the session, is an error (`stream-reset`). An Http2Stream itself shows some resets as a clean end,
 * and then a truncated answer looks like success.
 */
export class StreamSocket extends Duplex {
  readonly #stream: Http2Stream;
  readonly #reset: (error: Error | null) => void;
  #endReceived = false;
  #hasEnd = false;

  /**
   * @param reset breaks off what is unfinished. Default: by a RST_STREAM frame. Null: all is said, and the rest of what
   *   the peer sends has no taker; NO_ERROR says so (RFC 9113, 8.1), and loses nothing that the peer has yet to read
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
      if (!this.#keepsWhatWasSaid()) this.destroy(resetError(cause));
    });
    stream.on('close', () => {
      if (this.readableEnded || this.#pushedEnd() || this.#keepsWhatWasSaid()) this.#destroyWhenRead();
      else this.destroy(resetError());
    });
    stream.pause();
  }

  /** Part of what `http.Agent` calls on a socket; a stream has no such thing. */
  setKeepAlive(): this {
    return this;
  }
  /** See {@link setKeepAlive}: DATA frames are sent at once anyway. */
  setNoDelay(): this {
    return this;
  }
  /** See {@link setKeepAlive}: nothing here is cut by a total time limit. */
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

  /** What was written while corked goes out as one. */
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
    // Only what is unfinished is reset: the peer counts resets and ends the session past its limit. What has
    // ended both ways closes by itself. The reset is by destroy() with an error: close() would put an
    // END_STREAM before it, which reads as a clean end.
    if (!stream.destroyed && !stream.closed && !(this.readableEnded && this.writableFinished)) {
      if (error === null && !this.writableFinished)
        this.#reset(new Error('The stream was left before its end'));
      else this.#reset(error);
    }
    callback(error);
  }

  /**
   * A peer that has said everything may refuse the rest of what it is sent, with whatever code: what it said is whole.
   * What waits in the HTTP/2 stream itself is gone with it.
   */
  #keepsWhatWasSaid(): boolean {
    if (!this.#endReceived || this.#stream.readableLength > 0) return false;
    if (!this.#hasEnd) {
      this.#hasEnd = true;
      this.push(null);
    }
    return true;
  }

  /** Nobody takes what is written after that; to read on is worth more than to fail. */
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
   * Node pushes null both for END_STREAM and when a stream closes; only the former comes while it is open. A
   * reset with NO_ERROR shows in nothing else as long as nobody reads.
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

function resetError(cause?: unknown): EdgeError {
  return new EdgeError('stream-reset', 'The stream through the tunnel was reset', { status: 502, cause });
}
