import { once } from 'node:events';
import http2 from 'node:http2';
import net from 'node:net';
import type { TLSSocket } from 'node:tls';
import test, { type ExecutionContext } from 'ava';
import pino from 'pino';
import { AgentTunnel } from '../../../agent-image/src/tunnel/agent-tunnel.js';
import { systemClock } from '../../../protocol/clock.js';
import { TUNNEL } from '../../../protocol/tunnel/tunnel-settings.js';

/** An agent's end of a tunnel, and what the hub's end would be, on a plain connection. */
async function setUp(t: ExecutionContext) {
  const server = net.createServer();
  t.teardown(() => server.close());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const hub = net.connect({ host: '127.0.0.1', port: (server.address() as net.AddressInfo).port });
  const [connection] = (await once(server, 'connection')) as [net.Socket];
  t.teardown(() => hub.destroy());
  t.teardown(() => connection.destroy());
  let end: (code: string) => void = () => undefined;
  const ended = new Promise<string>((resolve) => {
    end = resolve;
  });
  const tunnel = new AgentTunnel({
    socket: connection as TLSSocket,
    proof: {
      environmentId: 1,
      instanceId: 'instance',
      token: 'x'.repeat(43),
      mac: 'x'.repeat(43),
      inactivityMs: 300_000,
    },
    clock: systemClock,
    logger: pino({ level: 'silent' }),
    dialEngine: () => Promise.reject(new Error('no engine')),
    onIdle: () => undefined,
    onClosed: end,
  });
  t.teardown(() => tunnel.close('stopping'));
  const session = http2.connect('http://agent', { createConnection: () => hub });
  session.on('error', () => undefined);
  t.teardown(() => session.destroy());
  await once(session, 'remoteSettings');
  return { tunnel, hub, session, ended };
}

const requests = {
  credential: { ':path': TUNNEL.credentialPath },
  accepted: { ':method': 'POST', ':path': TUNNEL.acceptedPath },
  'keep-alive': { ':method': 'POST', ':path': TUNNEL.keepAlivePath },
  connect: { ':method': 'CONNECT', ':authority': TUNNEL.engineAuthority },
};

for (const [name, headers] of Object.entries(requests)) {
  test(`agent tunnel: survives a connection that ends in one breath with the request: ${name}`, async (t) => {
    const { tunnel, hub, session, ended } = await setUp(t);
    const accepted = tunnel.accepted().catch(() => null);
    hub.cork();
    const stream = session.request(headers);
    stream.on('error', () => undefined);
    stream.end('id');
    session.destroy();
    hub.uncork();
    t.is(await ended, 'lost');
    await accepted;
    // What a listener throws comes up a turn later, and would end the test's process.
    await new Promise((resolve) => setImmediate(resolve));
  });
}
