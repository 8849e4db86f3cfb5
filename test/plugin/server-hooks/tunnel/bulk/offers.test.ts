import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import net from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { BulkOffers } from '../../../../../plugin/server-hooks/tunnel/bulk/offers.js';
import type { IncomingTransport } from '../../../../../plugin/server-hooks/tunnel/transport/incoming.js';
import { FakeClock } from '../../../../kit/clock/fake-clock.js';

/** A transport that is only counted. */
async function transport(t: ExecutionContext): Promise<IncomingTransport> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = net.connect((server.address() as net.AddressInfo).port, '127.0.0.1');
  await once(socket, 'connect');
  server.close();
  t.teardown(() => socket.destroy());
  return { socket, wire: socket, path: 'tunnel-port', address: '127.0.0.1', release: () => undefined };
}

test('bulk offers: a token is accepted once, by the tunnel it was issued for', async (t) => {
  const offers = new BulkOffers({ clock: new FakeClock(), randomBytes });
  const accepted: string[] = [];
  const first = offers.issue(() => accepted.push('first'));
  const second = offers.issue(() => accepted.push('second'));
  const connection = await transport(t);
  t.true(offers.redeem(second?.token ?? '', connection));
  t.deepEqual(accepted, ['second']);
  t.false(offers.redeem(second?.token ?? '', connection), 'replayed');
  t.true(offers.redeem(first?.token ?? '', connection));
  t.deepEqual(accepted, ['second', 'first']);
  t.false(offers.redeem('x'.repeat(43), connection), 'unknown');
});

test('bulk offers: a token is refused after 10 s, and once it is withdrawn', async (t) => {
  const clock = new FakeClock();
  const offers = new BulkOffers({ clock, randomBytes });
  const refused = () => t.fail('accepted');
  const connection = await transport(t);
  const late = offers.issue(refused);
  const withdrawn = offers.issue(refused);
  withdrawn?.withdraw();
  t.false(offers.redeem(withdrawn?.token ?? '', connection));
  clock.advance(10_000);
  t.false(offers.redeem(late?.token ?? '', connection));
  t.is(clock.pending, 0);
});

test('bulk offers: the hub has 512 connections at most', async (t) => {
  const offers = new BulkOffers({ clock: new FakeClock(), randomBytes });
  const issued = Array.from({ length: 512 }, () => offers.issue(() => undefined));
  t.false(issued.includes(null));
  t.is(
    offers.issue(() => undefined),
    null,
  );
  const connection = await transport(t);
  offers.redeem(issued[0]?.token ?? '', connection);
  t.is(
    offers.issue(() => undefined),
    null,
    'accepted ones count',
  );
  connection.socket.destroy();
  await once(connection.socket, 'close');
  t.not(
    offers.issue(() => undefined),
    null,
  );
});
