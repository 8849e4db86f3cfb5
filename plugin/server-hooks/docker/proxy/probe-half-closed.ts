import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Clock } from '../../../../protocol/time/clock.js';
import { tcpBelow } from '../../../../protocol/tunnel/tcp-below.js';

/** Interval between probes of a half-closed client, ms. */
const PROBE_MS = 30_000;
const NOTHING = Buffer.alloc(0);

/**
 * Closes a client's socket once TCP knows that the client has disconnected. Node stops polling a socket once its peer has ended
 * its input, as `docker exec` without stdin does immediately: if nothing is written either, FIN, resets and failed
 * keep-alives go unnoticed, and the call of a killed client would hold the tunnel forever. A write of no bytes sends
 * nothing and fails if TCP has given up. An empty write on a TLS socket does nothing, so it is done on the socket
 * below.
 *
 * Needs TCP keep-alives: the client's system answers them while it knows the connection (Linux: until a minute after
 * the process has ended), then with a reset.
 */
export function probeHalfClosed(socket: Duplex, clock: Clock): void {
  if (!(socket instanceof Socket) || socket.destroyed) return;
  const below = tcpBelow(socket);
  const cancel = clock.every(PROBE_MS, () => {
    // Pending data is a probe itself, and after an end any write fails.
    if (socket.readableEnded && !socket.writableEnded && below.writableLength === 0) below.write(NOTHING);
  });
  socket.once('close', cancel);
}
