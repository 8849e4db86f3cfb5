import { once } from 'node:events';
import net from 'node:net';
import tls, { type TLSSocket } from 'node:tls';

/** A TLS client that never ends its own side by itself, whatever the server does. */
export interface StubbornClient {
  readonly socket: TLSSocket;
  readonly tcp: net.Socket;
}

export async function dialStubborn(
  port: number,
  alpn: string,
  localAddress = '127.0.0.1',
): Promise<StubbornClient> {
  const tcp = net.connect({ host: '127.0.0.1', port, localAddress, allowHalfOpen: true });
  const options = { socket: tcp, ALPNProtocols: [alpn], rejectUnauthorized: false };
  // Not in the types of `connect`.
  const socket = tls.connect(Object.assign(options, { allowHalfOpen: true }));
  tcp.on('error', () => undefined);
  await once(socket, 'secureConnect');
  socket.on('error', () => undefined);
  return { socket, tcp };
}
