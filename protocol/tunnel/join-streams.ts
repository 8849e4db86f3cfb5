import type { Duplex } from 'node:stream';
import { pump } from './pump.js';

/**
 * Connects two byte pipes until both are through. An end on one side ends the other's write side and
 * leaves the way back open; a failure or a premature close on one side destroys the other with an
 * error, so that a cut never looks like an end. `stream.pipeline` does
 * not serve: it destroys both ways when one has ended.
 *
 * @returns resolves (never rejects) when both are closed
 */
export function joinStreams(a: Duplex, b: Duplex): Promise<void> {
  return Promise.all([follow(a, b), follow(b, a)]).then(() => undefined);
}

function follow(from: Duplex, to: Duplex): Promise<void> {
  pump(from, to);
  from.once('end', () => to.end());
  return new Promise((resolve) => {
    let failure: Error | undefined;
    from.on('error', (error) => {
      failure = error;
    });
    const closed = () => {
      if (from.readableEnded && !failure) to.end();
      else to.destroy(failure ?? new Error('the other side closed before its end'));
      resolve();
    };
    if (from.destroyed && from.closed) closed();
    else from.once('close', closed);
  });
}
