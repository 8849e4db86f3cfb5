import { Socket } from 'node:net';

/**
 * The TCP socket below a TLS socket; any other socket itself. Node has no public API for it: without `_parent`,
 * callers get the TLS socket.
 */
export function tcpBelow(socket: Socket): Socket {
  const below: unknown = Reflect.get(socket, '_parent');
  return below instanceof Socket ? below : socket;
}
