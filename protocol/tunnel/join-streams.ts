import type { Duplex } from 'node:stream';

/**
 * Connects two byte pipes until both are through. Backpressure is `pipe`'s. The same in both directions:
 *
 * - an end on one side ends the other's write side and leaves the way back open;
 * - a failure or a close before its end destroys the other side with an error: a cut never looks like an end;
 * - a failure or a close after its end: it has said everything and hears nothing more. The other side gets all of
 *   it, with a regular end, and is closed, whatever it was still saying.
 *
 * `stream.pipeline` does not serve: it destroys both ways when one has ended.
 *
 * @returns resolves (never rejects) when both are closed
 */
export function joinStreams(a: Duplex, b: Duplex): Promise<void> {
  return Promise.all([follow(a, b), follow(b, a)]).then(() => undefined);
}

function follow(from: Duplex, to: Duplex): Promise<void> {
  from.pipe(to);
  return new Promise((resolve) => {
    let failure: Error | undefined;
    from.on('error', (error) => {
      failure = error;
    });
    const closed = () => {
      if (from.readableEnded) finish(to);
      else to.destroy(failure ?? new Error('the other side closed before its end'));
      resolve();
    };
    if (from.destroyed && from.closed) closed();
    else from.once('close', closed);
  });
}

/** Delivers what is on its way to a stream, then closes it; what it still says has no taker. */
function finish(stream: Duplex): void {
  if (stream.destroyed) return;
  stream.resume();
  if (stream.writableFinished) stream.destroy();
  else stream.once('finish', () => stream.destroy()).end();
}
