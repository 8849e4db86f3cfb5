import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import type { Scope } from '../scope.js';

/** A port that accepts connections, and never answers. */
export async function silentPort(
  t: Scope,
): Promise<{ readonly number: number; readonly reached: Promise<unknown> }> {
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    sockets.add(socket.on('error', () => undefined).resume());
  });
  const reached = once(server, 'connection');
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { number: (server.address() as AddressInfo).port, reached };
}
