import { once } from 'node:events';
import net from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { ALERTS, answerTo, clientHello, TLS_1_1, TLS_1_2 } from '../../../../kit/docker/client-hello.js';
import { dialPort, makeClient, type PortClient } from '../../../../kit/docker/port-client.js';
import { startPlugin, type TestPlugin } from '../../../../kit/hub/plugin.js';

async function setup(t: ExecutionContext) {
  const hub = await startPlugin(t, { dockerPort: 0 });
  const { id } = await hub.createEnvironment({ name: 'shop' });
  return { hub, id, client: await makeClient(hub, id) };
}

/** What the port answers to a client's first bytes. */
async function greet(t: ExecutionContext, { dockerPort }: TestPlugin, hello: Buffer) {
  const socket = net.connect(dockerPort ?? 0, '127.0.0.1').on('error', () => undefined);
  t.teardown(() => void socket.destroy());
  socket.write(hello);
  const [record] = await once(socket, 'data');
  return answerTo(record);
}

test('docker port: old protocols and other application protocols are refused in the handshake', async (t) => {
  const { hub } = await setup(t);
  t.is(await greet(t, hub, clientHello(TLS_1_2, 'http/1.1')), 'hello');
  t.is(await greet(t, hub, clientHello(TLS_1_1, 'http/1.1')), ALERTS.protocolVersion);
  t.is(await greet(t, hub, clientHello(TLS_1_2, 'h2')), ALERTS.noApplicationProtocol);
});

test('docker port: TLS 1.2 has forward secrecy and authenticated encryption', async (t) => {
  const { hub, client } = await setup(t);
  const socket = await dialPort(t, hub, { ...client, maxVersion: 'TLSv1.2' });
  t.is(socket.getProtocol(), 'TLSv1.2');
  t.is(socket.getCipher().standardName, 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256');
});

for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
  test(`docker port: a session of ${version} is not resumed: each connection proves its key`, async (t) => {
    const { hub, id, client } = await setup(t);
    const versions = { minVersion: version, maxVersion: version };
    const first = await dialPort(t, hub, { ...client, ...versions });
    const sessions = [first.getSession()];
    first.on('session', (session) => sessions.push(session));
    // Tickets of TLS 1.3 come with the first answer.
    first.write('GET /_ping HTTP/1.1\r\nHost: docker\r\n\r\n');
    await once(first, 'data');
    const offered = sessions.filter((session) => session !== undefined);
    t.true(offered.length > 0);
    const resume = async (by: PortClient, expected: RegExp) => {
      for (const session of offered) {
        const socket = await dialPort(t, hub, { ...by, session, ...versions });
        t.false(socket.isSessionReused());
        socket.write('GET /_ping HTTP/1.1\r\nHost: docker\r\n\r\n');
        const [answer] = await once(socket, 'data');
        t.regex(String(answer), expected);
      }
    };
    // Without the key: only a resumed session would have its certificate.
    await resume({ ca: client.ca }, /^HTTP\/1\.1 401 [\s\S]*docker-certificate-missing/);
    await hub.call('DELETE', `/api/environments/${id}/docker-access/${client.access.id}`);
    await resume(client, /^HTTP\/1\.1 401 [\s\S]*docker-access-revoked/);
  });
}
