import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { tcpBelow } from './tcp-below.js';

/**
 * Destroys a stream so that its peer sees an abort, not an end.
 *
 * A TCP socket is reset. A TLS socket closes without `close_notify`, which Go and OpenSSL report as truncation;
 * Node's own TLS ignores that, so the TCP socket below is reset too (`resetAndDestroy` throws on TLS sockets).
 *
 * A socket that is being shut down is closed instead: the system refuses to reset it (EINVAL), and Node then keeps its
 * descriptor and never emits `close`. By then its last byte has been handed to the system.
 */
export function resetSocket(stream: Duplex, error: Error): void {
  if (stream.destroyed) return;
  if (stream instanceof Socket) {
    const tcp = tcpBelow(stream);
    try {
      if (!isShuttingDown(stream) && !isShuttingDown(tcp)) tcp.resetAndDestroy();
    } catch {
      // A Unix socket has no reset; its peer notices the missing bytes.
    }
  }
  stream.destroy(error);
}

function isShuttingDown({ writableEnded, writableFinished, writableLength }: Socket): boolean {
  return writableEnded && !writableFinished && writableLength === 0;
}
