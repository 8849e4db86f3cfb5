import net, { type Socket } from 'node:net';
import tls, { type ConnectionOptions, type TLSSocket } from 'node:tls';
import { problem } from '../../../protocol/problems.js';
import type { CheckProblemCode } from './explain-check.js';
import { type Target, withSignal } from './network.js';

/**
 * A TLS handshake with any peer; trust is checked afterwards.
 * @throws Problem `code` if it fails, `hub-unreachable` when `signal` aborts
 */
export async function tlsHandshake(
  raw: Socket,
  { host }: Target,
  options: ConnectionOptions,
  code: CheckProblemCode,
  signal: AbortSignal,
): Promise<TLSSocket> {
  const socket = tls.connect({
    socket: raw,
    host,
    ...(net.isIP(host) ? {} : { servername: host }),
    rejectUnauthorized: false,
    ...options,
  });
  const secured = new Promise<TLSSocket>((resolve, reject) => {
    const fail = (cause?: unknown) => reject(problem(code, { cause }));
    socket.on('error', fail);
    socket.once('close', () => fail());
    socket.once('secureConnect', () => resolve(socket));
  });
  try {
    return await withSignal(signal, secured);
  } catch (error) {
    socket.destroy();
    raw.destroy();
    throw error;
  }
}
