import { once } from 'node:events';
import test, { type ExecutionContext } from 'ava';
import { TUNNEL } from '../../../../../protocol/tunnel/tunnel-settings.js';
import { BULK_ALPN } from '../../../../../protocol/version.js';
import { FakeClock } from '../../../../kit/clock/fake-clock.js';
import { startListener } from '../../../../kit/tunnel/listener.js';
import { dialTunnelPort } from '../../../../kit/tunnel/raw-tunnel.js';

async function dial(t: ExecutionContext, port: number) {
  const socket = await dialTunnelPort(t, port, { ALPNProtocols: [BULK_ALPN] });
  socket.on('data', () => t.fail('nothing is sent to it'));
  return socket;
}

test('bulk port: a connection with an unknown token is closed, and the refusal recorded', async (t) => {
  const { port, refused, tunnels } = await startListener(t);
  const socket = await dial(t, port);
  socket.write('x'.repeat(TUNNEL.bulkTokenBytes));
  await once(socket, 'close');
  t.is(await refused, 'credential-unknown');
  t.is(tunnels.length, 0);
});

test('bulk port: a connection that sends more than a token is closed', async (t) => {
  const { port } = await startListener(t);
  const socket = await dial(t, port);
  socket.write('x'.repeat(TUNNEL.bulkTokenBytes + 1));
  await once(socket, 'close');
  t.pass();
});

test('bulk port: a connection without a token is closed after 10 s', async (t) => {
  const clock = new FakeClock();
  const { port } = await startListener(t, { clock });
  const socket = await dial(t, port);
  socket.write('x'.repeat(TUNNEL.bulkTokenBytes - 1));
  const closed = once(socket, 'close');
  // The hub may not have seen the connection yet.
  while (!socket.destroyed) {
    clock.advance(TUNNEL.handshakeMs);
    await new Promise(setImmediate);
  }
  await closed;
  t.pass();
});
