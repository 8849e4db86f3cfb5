import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import tls, { type TLSSocket } from 'node:tls';
import test, { type ExecutionContext } from 'ava';
import { HttpsServer } from '../../../host/http/server.js';
import { ShortGets } from '../../../host/http/short-gets.js';
import { ownCertificate } from '../../../protocol/certificates/own-certificate.js';
import { FakeClock } from '../../kit/clock/fake-clock.js';
import { defer } from '../../kit/deferred.js';
import { SHORT_GET } from '../../kit/hostile-heads.js';
import { tempFolder } from '../../kit/temp-folder.js';

async function setup(t: ExecutionContext) {
  const clock = new FakeClock();
  let handedOver = 0;
  let isHolding = false;
  const held = defer<void>();
  const shortGets = new ShortGets({
    answer: (_head, exchange) => {
      if (isHolding) held.resolve();
      else exchange.answer(304, {}, Buffer.alloc(0));
      return true;
    },
    handOver: () => handedOver++,
    keepAliveMs: 75_000,
    clock,
  });
  shortGets.start();
  const server = tls.createServer(
    await ownCertificate(await tempFolder(t), ['localhost'], Date.now(), randomBytes),
  );
  server.on('secureConnection', (socket) => {
    socket.on('error', () => undefined);
    t.teardown(() => socket.destroy());
    shortGets.add(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    shortGets.stop();
    server.close();
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const accepted = once(server, 'secureConnection');
  const socket = tls.connect({ port, host: '127.0.0.1', rejectUnauthorized: false });
  t.teardown(() => socket.destroy());
  const accepting: TLSSocket = (await accepted)[0];
  const send = () => socket.write(SHORT_GET);
  const hold = () => {
    isHolding = true;
    send();
    return held.promise;
  };
  return { clock, shortGets, socket, accepting, send, hold, handedOver: () => handedOver };
}

test('short gets: an idle connection is closed after its time, not before', async (t) => {
  const { clock, socket, send } = await setup(t);
  for (let round = 0; round < 3; round++) {
    send();
    await once(socket, 'data');
    clock.advance(75_000);
  }
  const closed = once(socket, 'close');
  clock.advance(5_000);
  await closed;
  t.pass();
});

test('short gets: a connection that sends nothing is Node’s after ten seconds', async (t) => {
  const { clock, handedOver } = await setup(t);
  clock.advance(10_000);
  t.is(handedOver(), 0);
  clock.advance(5_000);
  t.is(handedOver(), 1);
});

test('short gets: a request under way is no idle time, and one timer serves all', async (t) => {
  const { clock, shortGets, socket, accepting, send, hold } = await setup(t);
  send();
  await once(socket, 'data');
  await hold();
  clock.advance(160_000);
  t.false(accepting.destroyed);
  t.is(clock.pending, 1);
  shortGets.stop();
  shortGets.stop();
  t.is(clock.pending, 0);
});

test('short gets: a server that cannot listen leaves no timer', async (t) => {
  const clock = new FakeClock();
  const certificate = await ownCertificate(await tempFolder(t), ['localhost'], Date.now(), randomBytes);
  const make = () => {
    const ignore = () => undefined;
    const handlers = { request: ignore, upgrade: ignore, shortGet: () => false };
    const server = new HttpsServer(certificate, handlers, undefined, clock);
    t.teardown(() => server.stop());
    return server;
  };
  const port = await make().start(0, '127.0.0.1');
  t.is(clock.pending, 1);
  await t.throwsAsync(make().start(port, '127.0.0.1'), { code: 'EADDRINUSE' });
  t.is(clock.pending, 1);
});
