import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/**
 * Destroys a stream so that its peer sees an abort and not an end.
 *
 * A TCP socket is reset. A TLS socket closes without `close_notify`, which Go and OpenSSL report as truncation;
 * Node's own TLS ignores that, so the TCP socket below is reset too. Node has no public way to it
 * (`resetAndDestroy` throws on TLS sockets); should `_parent` go away, the missing `close_notify` remains.
 */
export function resetSocket(stream: Duplex, error: Error): void {
  if (stream.destroyed) return;
  if (stream instanceof Socket) {
    const below: unknown = Reflect.get(stream, '_parent');
    try {
      (below instanceof Socket ? below : stream).resetAndDestroy();
    } catch {
      // A unix socket: there is no reset, its peer sees the missing bytes.
    }
  }
  stream.destroy(error);
}
