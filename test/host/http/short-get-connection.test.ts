import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import tls, { type TLSSocket } from 'node:tls';
import test, { type ExecutionContext } from 'ava';
import { ShortGetConnection } from '../../../host/http/short-get-connection.js';
import type { CheckInExchange } from '../../../plugin/server-hooks/index.js';
import { ownCertificate } from '../../../protocol/certificates/own-certificate.js';
import { defer } from '../../kit/deferred.js';
import { SHORT_GET } from '../../kit/hostile-heads.js';
import { tempFolder } from '../../kit/temp-folder.js';

/** A connection whose first request is held. */
async function setup(t: ExecutionContext) {
  const certificate = await ownCertificate(await tempFolder(t), ['localhost'], Date.now(), randomBytes);
  const server = tls.createServer(certificate);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const accepted = once(server, 'secureConnection');
  const client = tls.connect({ port, host: '127.0.0.1', rejectUnauthorized: false });
  client.on('error', () => undefined);
  t.teardown(() => client.destroy());
  const socket: TLSSocket = (await accepted)[0];
  t.teardown(() => socket.destroy());
  const listenersBefore = socket.listenerCount('error');
  const held = defer<CheckInExchange>();
  const log: string[] = [];
  const requests: CheckInExchange[] = [];
  const connection = new ShortGetConnection(socket, {
    answer: (_head, exchange) => {
      requests.push(exchange);
      held.resolve(exchange);
      return true;
    },
    handOver: () => {
      log.push(`handed over, ${socket.listenerCount('error') - listenersBefore} listener for errors`);
    },
    closed: () => log.push('closed'),
    now: () => 0,
  });
  connection.start();
  client.write(SHORT_GET);
  const exchange = await held.promise;
  const sendEarly = async (bytes: string) => {
    const read = once(socket, 'data');
    client.write(bytes);
    await read;
  };
  const answer = () => exchange.answer(304, {}, Buffer.alloc(0));
  return { client, socket, exchange, requests, sendEarly, answer, log, listenersBefore };
}

test('short get connection: it is handed over with a listener for errors, which is then removed', async (t) => {
  const { socket, sendEarly, answer, log, listenersBefore } = await setup(t);
  await sendEarly('x');
  answer();
  t.deepEqual(log, ['handed over, 1 listener for errors']);
  t.is(socket.listenerCount('error'), listenersBefore);
  t.is(socket.read()?.toString(), 'x');
});

test('short get connection: the next request is read although the last answer is still being written', async (t) => {
  const { socket, requests, answer, log } = await setup(t);
  answer();
  t.true(socket.writableLength > 0);
  socket.emit('data', Buffer.from(SHORT_GET));
  t.is(requests.length, 2);
  t.deepEqual(log, []);
});

test('short get connection: that of a client that does not read its answers is handed over', async (t) => {
  const { client, socket, requests, answer, log } = await setup(t);
  client.pause();
  answer();
  while (!socket.writableNeedDrain) {
    socket.emit('data', Buffer.from(SHORT_GET));
    answer();
  }
  t.true(requests.length > 2);
  const before = requests.length;
  socket.emit('data', Buffer.from(SHORT_GET));
  t.is(requests.length, before);
  t.is(log.length, 1);
});

for (const [what, error] of [
  ['', undefined],
  [' with an error', new Error('reset')],
] as const) {
  test(`short get connection: one destroyed${what} behind early bytes is closed, not handed over`, async (t) => {
    const { socket, sendEarly, answer, log } = await setup(t);
    await sendEarly('x');
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.destroy(error);
    answer();
    await closed;
    t.deepEqual(log, ['closed']);
  });
}

test('short get connection: the end of the stream is noticed behind early bytes', async (t) => {
  const { client, exchange, sendEarly, log } = await setup(t);
  const closed = defer<void>();
  exchange.once('close', () => closed.resolve());
  await sendEarly('x');
  client.end('y');
  await closed.promise;
  t.deepEqual(log, ['closed']);
  t.false(exchange.headersSent);
});

test('short get connection: one that sends more than 16 KiB during a request is closed', async (t) => {
  const { client, exchange, sendEarly, log } = await setup(t);
  const closed = defer<void>();
  exchange.once('close', () => closed.resolve());
  await sendEarly('x'.repeat(16 * 1024));
  t.deepEqual(log, []);
  client.write('x');
  await closed.promise;
  t.deepEqual(log, ['closed']);
});
