import { once } from 'node:events';
import type net from 'node:net';

/**
 * Resolves to the socket after `event`; destroys it on error or abort.
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
