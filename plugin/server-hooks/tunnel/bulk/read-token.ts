import type { Clock } from '../../../../protocol/time/clock.js';
import { TUNNEL } from '../../../../protocol/tunnel/tunnel-settings.js';
import type { IncomingTransport } from '../transport/incoming.js';

/**
 * Reads the token with which a bulk connection starts. Resolves to null if it is late, or if more follows: the agent
 * sends nothing else before the hub uses the connection.
 */
export function readToken({ socket }: IncomingTransport, clock: Clock): Promise<string | null> {
  return new Promise((resolve) => {
    let token = '';
    const done = (result: string | null) => {
      cancel();
      socket.off('data', onData);
      socket.off('close', onClose);
      socket.pause();
      resolve(result);
    };
    const onData = (chunk: Buffer) => {
      token += chunk.toString('latin1');
      if (token.length === TUNNEL.bulkTokenBytes) done(token);
      else if (token.length > TUNNEL.bulkTokenBytes) done(null);
    };
    const onClose = () => done(null);
    const cancel = clock.after(TUNNEL.handshakeMs, onClose);
    socket.on('data', onData);
    socket.once('close', onClose);
  });
}
