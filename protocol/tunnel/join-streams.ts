import type { Duplex } from 'node:stream';
import { pump } from './pump.js';
import { resetSocket } from './reset-socket.js';

/**
 * Joins two byte pipes into one, and resolves when both are closed. The contract, in both directions:
 *
 * - bytes pass with backpressure; a slow reader stalls only its own direction;
 * - when one side ends its output, the other's input is ended, while the opposite direction goes on;
 * - when one side breaks before it ended its output, the other is reset: a truncation never appears as an end;
 * - when one side breaks after it ended its output, its output is complete: the other gets all of it, then
 *   a regular end, and is closed.
 *
 * Both must have `allowHalfOpen`. `stream.pipeline` is unsuitable: it destroys both at the first end.
 * @returns the error that broke the pipe, or undefined when both ends were regular
 */
export async function joinStreams(a: Duplex, b: Duplex): Promise<Error | undefined> {
  let failure: Error | undefined;
  const broken = (error: Error) => {
    failure ??= error;
  };
  const closed = Promise.all([follow(a, b, broken), follow(b, a, broken)]);
  connect(a, b);
  connect(b, a);
  await closed;
  return failure;
}

function connect(from: Duplex, to: Duplex): void {
  if (from.readableEnded) {
    to.end();
    return;
  }
  pump(from, to);
  from.once('end', () => to.end());
}

/** Watches one side and propagates its end or error to the other. Resolves when it is closed. */
function follow(side: Duplex, other: Duplex, broken: (error: Error) => void): Promise<void> {
  return new Promise((resolve) => {
    let cause: Error | undefined;
    let ended = side.readableEnded;
    const onClosed = () => {
      if (ended) finish(other);
      else if (!other.destroyed) {
        const error = cause ?? new Error('The connection closed before its end');
        broken(error);
        resetSocket(other, error);
      }
      resolve();
    };
    side.on('error', (error) => {
      cause = error;
    });
    side.once('end', () => {
      ended = true;
    });
    if (side.destroyed) onClosed();
    else side.once('close', onClosed);
  });
}

/** Delivers pending output to a stream, then closes it; its further input is discarded. */
function finish(stream: Duplex): void {
  if (stream.destroyed) return;
  stream.resume();
  if (stream.writableFinished) stream.destroy();
  else {
    stream.once('finish', () => stream.destroy());
    stream.end();
  }
}
