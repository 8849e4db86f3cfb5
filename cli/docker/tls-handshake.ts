import type { Socket } from 'node:net';
import { isIP } from 'node:net';
import tls from 'node:tls';

export interface HandshakeOptions extends tls.ConnectionOptions {
  readonly host: string;
  /** Ends the attempt; its reason is the error. */
  readonly signal: AbortSignal;
}

/**
 * Makes a TLS connection of a TCP one. The certificate is verified, whatever `NODE_TLS_REJECT_UNAUTHORIZED` says, unless
 * the options say otherwise.
 */
export function tlsHandshake(tcp: Socket, { signal, ...options }: HandshakeOptions): Promise<tls.TLSSocket> {
  const { host } = options;
  return new Promise((resolve, reject) => {
    const socket = tls.connect({
      socket: tcp,
      ...(isIP(host) ? {} : { servername: host }),
      minVersion: 'TLSv1.2',
      rejectUnauthorized: true,
      ...options,
    });
    const stop = () => socket.destroy(signal.reason);
    const settle = () => {
      signal.removeEventListener('abort', stop);
      socket.off('error', fail);
    };
    const fail = (error: Error) => {
      settle();
      reject(error);
    };
    signal.addEventListener('abort', stop, { once: true });
    socket.once('error', fail);
    socket.once('secureConnect', () => {
      settle();
      resolve(socket);
    });
    if (signal.aborted) stop();
  });
}
