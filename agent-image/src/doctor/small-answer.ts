import { once } from 'node:events';
import type { Connect } from './connect.js';

const WAIT_MS = 3_000;

/**
 * Whether the other end of a TLS port answers to a few bytes: an alert, or the end of the connection. If it does, and
 * not to a TLS handshake, then the larger packets of the handshake vanish.
 */
export async function answersToLittle(connect: Connect, signal: AbortSignal): Promise<boolean> {
  try {
    const socket = await connect(WAIT_MS);
    try {
      socket.write('GET / HTTP/1.0\r\n\r\n');
      const late = AbortSignal.any([signal, AbortSignal.timeout(WAIT_MS)]);
      await Promise.race([
        once(socket, 'data', { signal: late }),
        once(socket, 'end', { signal: late }),
        once(socket, 'close', { signal: late }),
      ]);
      return true;
    } catch (error) {
      // A reset is an answer, too.
      return Object(error).code === 'ECONNRESET';
    } finally {
      socket.on('error', () => undefined).destroy();
    }
  } catch {
    return false;
  }
}
