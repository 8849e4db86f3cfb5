import 'reflect-metadata';
import { KeyObject, webcrypto } from 'node:crypto';
import { once } from 'node:events';
import net from 'node:net';
import tls from 'node:tls';
import { X509CertificateGenerator } from '@peculiar/x509';
import test, { type ExecutionContext } from 'ava';
import { dialPort } from '../../../../../agent-image/src/tunnel/transport/port.js';
import { loadTunnelIdentity } from '../../../../../plugin/server-hooks/tunnel/identity.js';
import { TUNNEL_ALPN } from '../../../../../protocol/version.js';
import { FakeClock } from '../../../../kit/clock/fake-clock.js';
import { tempFolder } from '../../../../kit/temp-folder.js';

/** A tunnel port with its own key and certificate; `received` is what its clients sent. */
async function startPort(t: ExecutionContext, options: tls.TlsOptions = {}, clock = new FakeClock()) {
  const { key, certificate, fingerprint } = await loadTunnelIdentity(await tempFolder(t), clock);
  const received: Buffer[] = [];
  const server = tls.createServer({ key, cert: certificate, ALPNProtocols: [TUNNEL_ALPN], ...options });
  server.on('secureConnection', (socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => received.push(chunk));
  });
  return { ...(await listen(t, server)), fingerprint, received };
}

async function listen(t: ExecutionContext, server: net.Server) {
  const sockets = new Set<net.Socket>();
  server.on('connection', (socket: net.Socket) => sockets.add(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { server, port: (server.address() as net.AddressInfo).port };
}

async function connect(
  t: ExecutionContext,
  { port, fingerprint }: { port: number; fingerprint: string },
  clock = new FakeClock(),
): Promise<tls.TLSSocket> {
  const { socket } = await dialPort({
    tunnelAddress: `localhost:${port}`,
    fingerprint,
    clock,
    alpn: TUNNEL_ALPN,
    connectTcp: async () => {
      const raw = net.connect(port, '127.0.0.1');
      t.teardown(() => raw.destroy());
      await once(raw, 'connect');
      return raw;
    },
  });
  t.teardown(() => socket.destroy());
  return socket as tls.TLSSocket;
}

test('tunnel port: accepts the key that the Edge key names, with any certificate', async (t) => {
  const port = await startPort(t);
  const socket = await connect(t, port);
  t.is(socket.alpnProtocol, TUNNEL_ALPN);
  t.is(socket.getProtocol(), 'TLSv1.3');
  t.false(socket.authorized, 'self-signed, with another name');
  const long = await startPort(t, {}, new FakeClock(Date.UTC(1990, 0)));
  await t.notThrowsAsync(connect(t, long));
});

test('tunnel port: another key is refused before the agent sends anything', async (t) => {
  const [hub, other] = [await startPort(t), await startPort(t)];
  const accepted = once(other.server, 'connection');
  await t.throwsAsync(connect(t, { ...other, fingerprint: hub.fingerprint }), {
    code: 'tunnel-fingerprint-mismatch',
  });
  const [socket] = (await accepted) as [net.Socket];
  if (!socket.destroyed) await once(socket, 'close');
  t.deepEqual(other.received, []);
});

test('tunnel port: a key of another kind is another key', async (t) => {
  const port = await startPort(t, await rsaIdentity());
  await t.throwsAsync(connect(t, port), { code: 'tunnel-fingerprint-mismatch' });
});

test('tunnel port: TLS 1.2 and other protocols are refused', async (t) => {
  const old = await startPort(t, { maxVersion: 'TLSv1.2' });
  await t.throwsAsync(connect(t, old), { code: 'tunnel-handshake' });
  const web = await startPort(t, { ALPNProtocols: ['h2'] });
  await t.throwsAsync(connect(t, web), { code: 'tunnel-handshake' });
  const bare = await startPort(t, { ALPNProtocols: [] });
  await t.throwsAsync(connect(t, bare), { code: 'tunnel-protocol' });
});

test('tunnel port: a port that does not speak TLS, or stays silent for 10 s, is tunnel-handshake', async (t) => {
  const fingerprint = Buffer.alloc(32).toString('base64');
  const talking = await listen(
    t,
    net.createServer((socket) => socket.end('SSH-2.0-x\r\n')),
  );
  await t.throwsAsync(connect(t, { ...talking, fingerprint }), { code: 'tunnel-handshake' });
  const clock = new FakeClock();
  const silent = await listen(t, net.createServer());
  const accepted = once(silent.server, 'connection');
  const connecting = t.throwsAsync(connect(t, { ...silent, fingerprint }, clock), {
    code: 'tunnel-handshake',
  });
  const [socket] = (await accepted) as [net.Socket];
  await once(socket, 'readable');
  clock.advance(10_000);
  await connecting;
  t.is(clock.pending, 0);
});

async function rsaIdentity(): Promise<{ key: string; cert: string }> {
  const algorithm = {
    name: 'RSASSA-PKCS1-v1_5',
    hash: 'SHA-256',
    modulusLength: 2048,
    publicExponent: new Uint8Array([1, 0, 1]),
  };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await X509CertificateGenerator.createSelfSigned({ name: 'CN=rsa', keys }, webcrypto);
  const key = KeyObject.from(keys.privateKey).export({ type: 'pkcs8', format: 'pem' }).toString();
  return { key, cert: certificate.toString('pem') };
}
