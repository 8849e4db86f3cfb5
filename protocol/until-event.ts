import { once } from 'node:events';
import type net from 'node:net';

/**
 * The socket once `event` has come; one that fails, or is late, is destroyed.
 * @throws the socket's error, or the signal's reason
 */
export async function untilEvent<T extends net.Socket>(
  socket: T,
  event: 'connect' | 'secureConnect',
  signal: AbortSignal,
): Promise<T> {
  try {
    await once(socket, event, { signal });
    return socket;
  } catch (error) {
    socket.on('error', () => undefined).destroy();
    throw signal.aborted ? signal.reason : error;
  }
}
