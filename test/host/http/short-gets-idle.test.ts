import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import tls from 'node:tls';
import test, { type ExecutionContext } from 'ava';
import { ShortGets } from '../../../host/http/short-gets.js';
import { ownCertificate } from '../../../protocol/certificates/own-certificate.js';
import { FakeClock } from '../../kit/clock/fake-clock.js';
import { tempFolder } from '../../kit/temp-folder.js';
import { SHORT_GET } from './hostile-heads.js';

async function setup(t: ExecutionContext) {
  const clock = new FakeClock();
  let handedOver = 0;
  let isHolding = false;
  const shortGets = new ShortGets({
    answer: (_head, exchange) => {
      if (!isHolding) exchange.answer(304, {}, Buffer.alloc(0));
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
  await accepted;
  const send = () => socket.write(SHORT_GET);
  const hold = () => {
    isHolding = true;
    send();
  };
  return { clock, shortGets, socket, send, hold, handedOver: () => handedOver };
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
  const { clock, shortGets, socket, send, hold } = await setup(t);
  send();
  await once(socket, 'data');
  hold();
  clock.advance(1);
  t.is(clock.pending, 1);
  shortGets.stop();
  shortGets.stop();
  t.is(clock.pending, 0);
});
