import type { Readable, Writable } from 'node:stream';

/** Bytes that may wait in the sink before the source is paused. Node's own 16 KiB would stop it at every chunk. */
const MOST_WAITING = 256 * 1024;

/**
 * Moves bytes from one stream to another with backpressure, like `pipe`, and leaves ends and errors to the
 * caller. Chunks that arrive in one turn of the event loop leave in one write: HTTP/2 and TLS deliver 16 KiB at a
 * time, and one system call for each would dominate the cost.
 *
 * @param corkable the stream to cork, if it is not `to` itself (an HTTP response's socket)
 */
export function pump(from: Readable, to: Writable, corkable: Writable = to): void {
  let isCorked = false;
  const uncork = () => {
    isCorked = false;
    corkable.uncork();
  };
  // An HTTP message that was corked when it was full emits no `drain` on Node 24.
  const written = () => {
    if (from.isPaused() && to.writableLength <= MOST_WAITING / 2) from.resume();
  };
  const move = (chunk: Buffer) => {
    if (!isCorked) {
      isCorked = true;
      corkable.cork();
      setImmediate(uncork);
    }
    to.write(chunk, written);
    if (to.writableLength > MOST_WAITING) from.pause();
  };
  from.on('data', move);
  to.on('drain', () => from.resume());
  // Later chunks are dropped; the caller decides whether to drain or destroy the source.
  to.once('close', () => from.off('data', move));
}
