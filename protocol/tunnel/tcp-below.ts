import { Socket } from 'node:net';

/**
 * The TCP socket that carries a TLS socket; any other socket is its own. Node has no public way to it: should
 * `_parent` go away, callers get the TLS socket, and do with it what they can.
 */
export function tcpBelow(socket: Socket): Socket {
  const below: unknown = Reflect.get(socket, '_parent');
  return below instanceof Socket ? below : socket;
}
