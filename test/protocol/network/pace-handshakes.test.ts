import { once } from 'node:events';
import net from 'node:net';
import tls from 'node:tls';
import test, { type ExecutionContext } from 'ava';
import { loadTunnelIdentity } from '../../../plugin/server-hooks/tunnel/identity.js';
import { paceHandshakes } from '../../../protocol/network/pace-handshakes.js';
import { systemClock } from '../../../protocol/time/clock.js';
import { FakeClock } from '../../kit/clock/fake-clock.js';
import { tempFolder } from '../../kit/temp-folder.js';
import { until } from '../../kit/until.js';

const SILENT_MS = 10_000;
/** Handshakes that start in one turn of the event loop. */
const PER_TURN = 8;

interface Paced {
  port: number;
  readonly clock: FakeClock;
  /** Connections whose handshake started. */
  started: number;
  accepted: number;
  stop(): void;
}

async function listen(
  t: ExecutionContext,
  onStart: (paced: Paced) => void = () => undefined,
): Promise<Paced> {
  const { key, certificate } = await loadTunnelIdentity(await tempFolder(t), systemClock);
  const server = tls.createServer({ key, cert: certificate });
  const clock = new FakeClock();
  const paced: Paced = { port: 0, clock, started: 0, accepted: 0, stop: () => undefined };
  server.on('connection', () => {
    paced.started++;
    onStart(paced);
  });
  paced.stop = paceHandshakes(server, clock, SILENT_MS);
  const sockets = new Set<net.Socket>();
  server.on('connection', (socket: net.Socket) => {
    paced.accepted++;
    sockets.add(socket);
  });
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  server.on('secureConnection', (socket) => socket.on('error', () => socket.destroy()).end('hello'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  paced.port = (server.address() as net.AddressInfo).port;
  return paced;
}

async function greeted(t: ExecutionContext, port: number): Promise<string> {
  const socket = tls.connect({ port, host: '127.0.0.1', rejectUnauthorized: false });
  t.teardown(() => void socket.destroy());
  let text = '';
  for await (const chunk of socket.setEncoding('utf8')) text += chunk;
  return text;
}

async function connectSilently(t: ExecutionContext, paced: Paced, count: number): Promise<net.Socket[]> {
  const sockets = Array.from({ length: count }, () => net.connect(paced.port, '127.0.0.1'));
  for (const socket of sockets) {
    socket.on('error', () => undefined).resume();
    t.teardown(() => void socket.destroy());
  }
  await until(
    () => paced.accepted,
    (accepted) => accepted === count,
  );
  return sockets;
}

test('handshakes: all of many at the same time succeed', async (t) => {
  const paced = await listen(t);
  const texts = await Promise.all(Array.from({ length: 100 }, () => greeted(t, paced.port)));
  t.true(texts.every((text) => text === 'hello'));
  t.is(paced.clock.pending, 0);
});

test('handshakes: a turn of the event loop starts eight', async (t) => {
  const perTurn: number[] = [];
  let inTurn = 0;
  const paced = await listen(t, () => {
    if (inTurn++ > 0) return;
    // Runs after the pacer's own turn, which was scheduled first.
    setImmediate(() => {
      perTurn.push(inTurn);
      inTurn = 0;
    });
  });
  const sockets = await connectSilently(t, paced, 64);
  for (const socket of sockets) socket.write('not TLS');
  await until(
    () => perTurn.reduce((sum, count) => sum + count, 0),
    (sum) => sum === 64,
  );
  t.true(Math.max(...perTurn) <= 2 * PER_TURN, perTurn.join(' '));
});

test('handshakes: connections that send nothing delay no other, and are closed in the end', async (t) => {
  const paced = await listen(t);
  const sockets = await connectSilently(t, paced, 50);
  t.is(await greeted(t, paced.port), 'hello');
  t.is(paced.started, 1);
  const closed = Promise.all(sockets.map((socket) => once(socket, 'close')));
  paced.clock.advance(SILENT_MS);
  await closed;
  t.is(paced.started, 1);
});

test('handshakes: a connection whose client has probably given up is closed without one', async (t) => {
  const paced = await listen(t, ({ started, clock }) => {
    if (started === PER_TURN + 1) clock.advance(26_000);
  });
  const sockets = await connectSilently(t, paced, 40);
  const closed = Promise.all(sockets.map((socket) => once(socket, 'close')));
  for (const socket of sockets) socket.write('not TLS');
  await closed;
  t.true(paced.started < 40, `${paced.started} started`);
  t.is(await greeted(t, paced.port), 'hello');
});

test('handshakes: a client that ends its connection while it waits gets none', async (t) => {
  const paced = await listen(t);
  const sockets = await connectSilently(t, paced, 64);
  const closed = Promise.all(sockets.map((socket) => once(socket, 'close')));
  for (const socket of sockets) socket.end('not TLS');
  await closed;
  t.true(paced.started < 64, `${paced.started} started`);
});

test('handshakes: a stop closes the connections without one, silent ones too', async (t) => {
  const paced = await listen(t);
  const sockets = await connectSilently(t, paced, 20);
  const closed = Promise.all(sockets.map((socket) => once(socket, 'close')));
  paced.stop();
  await closed;
  t.is(paced.started, 0);
  await until(
    () => paced.clock.pending,
    (pending) => pending === 0,
  );
  const late = net.connect(paced.port, '127.0.0.1').on('error', () => undefined);
  await once(late, 'close');
  t.is(paced.started, 0);
});
