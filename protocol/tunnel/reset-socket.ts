import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { tcpBelow } from './tcp-below.js';

/**
 * Destroys a stream so that its peer sees an abort and not an end.
 *
 * A TCP socket is reset. A TLS socket closes without `close_notify`, which Go and OpenSSL report as truncation;
 * Node's own TLS ignores that, so the TCP socket below is reset too (`resetAndDestroy` throws on TLS sockets).
 */
export function resetSocket(stream: Duplex, error: Error): void {
  if (stream.destroyed) return;
  if (stream instanceof Socket) {
    try {
      tcpBelow(stream).resetAndDestroy();
    } catch {
      // A unix socket: there is no reset, its peer sees the missing bytes.
    }
  }
  stream.destroy(error);
}
