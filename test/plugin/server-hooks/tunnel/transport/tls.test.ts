import { once } from 'node:events';
import net from 'node:net';
import tls from 'node:tls';
import test, { type ExecutionContext } from 'ava';
import { TUNNEL_ALPN } from '../../../../../protocol/version.js';
import { PROOF, startListener } from '../../../../kit/tunnel/listener.js';
import { dialTunnelPort, rawTunnel } from '../../../../kit/tunnel/raw-tunnel.js';

/** What the listener lets wait before it has proven itself, per address. */
const PER_ADDRESS = 128;

async function dialPlain(t: ExecutionContext, port: number, localAddress = '127.0.0.1'): Promise<net.Socket> {
  const socket = net.connect({ host: localAddress, port, localAddress });
  socket.on('error', () => undefined);
  t.teardown(() => socket.destroy());
  await once(socket, 'connect');
  return socket;
}

/** How a TLS handshake with these options ends: `open`, or the error's code. */
function handshake(port: number, options: tls.ConnectionOptions): Promise<string> {
  return new Promise((resolve) => {
    const socket = tls.connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ...options });
    socket.once('secureConnect', () => resolve('open'));
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'error'));
    socket.once('close', () => {
      resolve('closed');
      socket.destroy();
    });
  });
}

test('tunnel port: accepts only TLS 1.3 with its ALPN', async (t) => {
  const { port } = await startListener(t);
  t.is(
    await handshake(port, { ALPNProtocols: [TUNNEL_ALPN], maxVersion: 'TLSv1.2' }),
    'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION',
  );
  t.is(await handshake(port, { ALPNProtocols: ['h2'] }), 'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL');
  const socket = await dialTunnelPort(t, port);
  t.is(socket.getProtocol(), 'TLSv1.3');
  t.is(socket.alpnProtocol, TUNNEL_ALPN);
});

test('tunnel port: a client without ALPN, which Node accepts, is dropped immediately', async (t) => {
  const { port, tunnels } = await startListener(t);
  const socket = tls.connect({ host: '127.0.0.1', port, rejectUnauthorized: false });
  socket.on('error', () => undefined);
  socket.on('data', () => t.fail('nothing is sent to it'));
  await once(socket, 'close');
  t.is(tunnels.length, 0);
});

test('tunnel port: garbage is dropped', async (t) => {
  const { port } = await startListener(t);
  for (const garbage of ['GET / HTTP/1.1\r\nHost: hub\r\n\r\n', '\0'.repeat(4096), 'SSH-2.0-x\r\n']) {
    const socket = await dialPlain(t, port);
    socket.resume().write(garbage);
    await once(socket, 'close');
  }
  t.is(await (await rawTunnel(t, port)).prove(PROOF), 'accepted');
});

test('tunnel port: a silent connection is dropped after 10 s', async (t) => {
  const { port } = await startListener(t);
  const startedMs = performance.now();
  const socket = await dialPlain(t, port);
  await once(socket.resume(), 'close');
  const elapsedMs = performance.now() - startedMs;
  t.true(elapsedMs > 9_000 && elapsedMs < 15_000, `${elapsedMs}`);
});

test('tunnel port: the oldest connection without a proof makes room for the next of its address', async (t) => {
  const { port, log } = await startListener(t);
  const held: net.Socket[] = [];
  for (let i = 0; i < PER_ADDRESS; i++) held.push(await dialPlain(t, port, '127.0.0.1'));
  const [oldest] = held;
  if (!oldest) throw new Error('no connection');
  const evicted = once(oldest.resume(), 'close');
  const next = await rawTunnel(t, port);
  await evicted;
  t.like(
    log.lines.find(({ level }) => level === 'warn'),
    { fields: { code: 'too-many-handshakes', address: '127.0.0.1' } },
  );
  t.is(await next.prove(PROOF), 'accepted');
});

test('tunnel port: tunnels do not count as waiting', async (t) => {
  const { port, tunnels } = await startListener(t);
  for (let i = 0; i < PER_ADDRESS + 8; i++) t.is(await (await rawTunnel(t, port)).prove(PROOF), 'accepted');
  t.is(tunnels.length, PER_ADDRESS + 8);
});

test('tunnel port: a stop ends connections without a proof, and is safe twice', async (t) => {
  const { listener, port } = await startListener(t);
  const [plain, half] = [await dialPlain(t, port), await rawTunnel(t, port)];
  listener.stop();
  listener.stop();
  await once(plain.resume(), 'close');
  t.is(await half.ended, 'closed');
  t.is(await handshake(port, { ALPNProtocols: [TUNNEL_ALPN] }), 'ECONNREFUSED');
});
