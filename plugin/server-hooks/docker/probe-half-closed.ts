import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Clock } from '../../../protocol/clock.js';
import { tcpBelow } from '../../../protocol/tunnel/tcp-below.js';

/** How often a half-closed client is looked at, ms. */
const PROBE_MS = 30_000;
const NOTHING = Buffer.alloc(0);

/**
 * Closes a client's socket once TCP knows that the client is gone. Node looks at a socket no more once its peer has
 * ended its input, as `docker exec` without stdin does at once: where nothing is written either, neither FIN, reset
 * nor failed keep-alives ever show, and the call of a client that was killed would hold the tunnel for ever. A
 * write of no bytes puts none on the wire and fails where TCP has given up. The empty write of a TLS socket says
 * nothing, so that it is done on the socket below.
 *
 * It takes keep-alives: a client's system answers them as long as it knows of the connection (Linux: a minute after
 * the process is gone), then with a reset.
 */
export function probeHalfClosed(socket: Duplex, clock: Clock): void {
  if (!(socket instanceof Socket) || socket.destroyed) return;
  const below = tcpBelow(socket);
  const cancel = clock.every(PROBE_MS, () => {
    // What waits to be sent is a probe itself, and after an end a write of any kind fails.
    if (socket.readableEnded && !socket.writableEnded && below.writableLength === 0) below.write(NOTHING);
  });
  socket.once('close', cancel);
}
