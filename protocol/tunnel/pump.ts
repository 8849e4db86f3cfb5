import type { Readable, Writable } from 'node:stream';

/** Bytes that may wait in the sink before the source is paused. Node's own 16 KiB would stop it at every chunk. */
const MOST_WAITING = 256 * 1024;

/**
 * Moves bytes from one stream to another with backpressure, like `pipe`, and leaves ends and errors to the
 * caller. What arrives in one turn of the event loop leaves in one write: HTTP/2 and TLS deliver 16 KiB at a
 * time, and a system call for each would cost more than everything else on the way.
 *
 * @param corkable what is corked, where that is another stream than the one written to (an HTTP answer's socket)
 */
export function pump(from: Readable, to: Writable, corkable: Writable = to): void {
  let isCorked = false;
  const uncork = () => {
    isCorked = false;
    corkable.uncork();
  };
  // An HTTP message that was corked when it was full emits no `drain` on Node 24.
  const taken = () => {
    if (from.isPaused() && to.writableLength <= MOST_WAITING / 2) from.resume();
  };
  const move = (chunk: Buffer) => {
    if (!isCorked) {
      isCorked = true;
      corkable.cork();
      setImmediate(uncork);
    }
    to.write(chunk, taken);
    if (to.writableLength > MOST_WAITING) from.pause();
  };
  from.on('data', move);
  to.on('drain', () => from.resume());
  // What comes after has no taker; whether the source is let run or destroyed is the caller's to say.
  to.once('close', () => from.off('data', move));
}
