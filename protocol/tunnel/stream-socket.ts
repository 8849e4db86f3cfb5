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
  readonly #reset: (error: Error) => void;
  #endReceived = false;

  /** @param reset breaks off what is unfinished. Default: by a RST_STREAM frame */
  constructor(stream: Http2Stream, reset: (error: Error) => void = (error) => stream.destroy(error)) {
    super({ allowHalfOpen: true, readableHighWaterMark: BUFFER_BYTES, writableHighWaterMark: BUFFER_BYTES });
    this.#stream = stream;
    this.#reset = reset;
    this.#watchForEndStream();
    stream.on('data', (chunk: Buffer) => {
      if (!this.push(chunk)) stream.pause();
    });
    stream.on('end', () => {
      if (this.#endReceived && stream.rstCode === NGHTTP2_NO_ERROR) this.push(null);
    });
    stream.on('error', (cause) => this.destroy(resetError(cause)));
    stream.on('close', () => {
      if (this.readableEnded || this.#pushedEnd()) this.#destroyWhenRead();
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
    this.#stream.write(chunk, encoding, callback);
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
    stream.write(last?.chunk ?? Buffer.alloc(0), callback);
    stream.uncork();
  }

  override _final(callback: (error?: Error | null) => void): void {
    this.#stream.end(callback);
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    const stream = this.#stream;
    // Only what is unfinished is reset: the peer counts resets and ends the session past its limit. What has
    // ended both ways closes by itself. The reset is by destroy() with an error: close() would put an
    // END_STREAM before it, which reads as a clean end.
    if (!stream.destroyed && !stream.closed && !(this.readableEnded && this.writableFinished)) {
      this.#reset(error ?? new Error('The stream was left before its end'));
    }
    callback(error);
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

function resetError(cause?: unknown): EdgeError {
  return new EdgeError('stream-reset', 'The stream through the tunnel was reset', { status: 502, cause });
}
