import { once } from 'node:events';
import net from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { ClientConnections } from '../../../../../plugin/server-hooks/routes/docker-access/client-connections.js';
import { UnauthorizedConnections } from '../../../../../plugin/server-hooks/routes/docker-access/unauthorized-connections.js';
import { FakeClock } from '../../../../kit/clock/fake-clock.js';

/** Gives 32 places to idle connections, half of them for one network; and 64 connections to an access. */
const OPEN_FILES = 256;

/** Accepted sockets of one network. */
async function accept(t: ExecutionContext, count: number): Promise<net.Socket[]> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  const sockets: net.Socket[] = [];
  for (let i = 0; i < count; i++) {
    const client = net.connect(port, '127.0.0.1').on('error', () => undefined);
    const [socket] = await once(server, 'connection');
    sockets.push(socket);
    t.teardown(() => void client.destroy());
    t.teardown(() => void socket.destroy());
  }
  t.teardown(() => server.close());
  return sockets;
}

test('unauthorized connections: silent ones evict each other, never one in its handshake or past it', async (t) => {
  const evicted: net.Socket[] = [];
  const unauthorized = new UnauthorizedConnections(OPEN_FILES, (socket) => evicted.push(socket));
  const [handshaking, authorized, ...silent] = await accept(t, 22);
  if (!handshaking || !authorized) return t.fail();
  for (const socket of [handshaking, authorized]) {
    unauthorized.idle(socket);
    unauthorized.handshaking(socket);
  }
  unauthorized.authorized(authorized);
  for (const socket of silent) unauthorized.idle(socket);
  t.deepEqual(evicted, silent.slice(0, 4));
  unauthorized.close();
  t.true(handshaking.destroyed);
  t.false(authorized.destroyed);
});

test('client connections: one access has a limit, others are not affected, and a closed one makes room', async (t) => {
  const clients = new ClientConnections(OPEN_FILES, new FakeClock());
  const { signal } = new AbortController();
  const sockets = await accept(t, 66);
  const [first, ...rest] = sockets;
  if (!first) return t.fail();
  t.deepEqual(
    sockets.map((socket) => clients.enter('a', socket, signal)),
    [...Array<boolean>(64).fill(true), false, false],
  );
  t.true(clients.enter('b', rest[64] ?? first, signal));
  first.destroy();
  await once(first, 'close');
  t.true(clients.enter('a', rest[63] ?? first, signal));
});

test('client connections: an access that is valid again, and ends again, ends its new connections', async (t) => {
  const clients = new ClientConnections(OPEN_FILES, new FakeClock());
  const [first, second] = await accept(t, 2);
  if (!first || !second) return t.fail();
  const [before, now] = [new AbortController(), new AbortController()];
  clients.enter('a', first, before.signal);
  const endCall = clients.begin(first);
  before.abort();
  clients.enter('a', second, now.signal);
  now.abort();
  t.true(second.writableEnded);
  t.false(first.writableEnded, 'a call is open');
  endCall?.();
  t.true(first.writableEnded);
});
