import type { Duplex } from 'node:stream';
import type { Clock } from '../../../../protocol/time/clock.js';

/** Time an engine has to close a connection after its last answer. */
const LINGER_MS = 5_000;

/**
 * Ends a stream whose calls are over, and lets the engine end the connection: resetting each finished stream would make
 * the agent drop the tunnel. An engine that leaves it open is cut off.
 */
export function endStream(stream: Duplex, clock: Clock): void {
  if (stream.destroyed) return;
  stream.end();
  const cancel = clock.after(LINGER_MS, () => stream.destroy());
  stream.once('close', cancel);
}
