import { once } from 'node:events';
import net from 'node:net';
import test from 'ava';
import { FakeClock } from '../../../../kit/clock/fake-clock.js';
import { callPort, dialPort, makeClient } from '../../../../kit/docker/port-client.js';
import { freePort } from '../../../../kit/free-port.js';
import { startPlugin } from '../../../../kit/hub/plugin.js';
import { until } from '../../../../kit/until.js';

/** Before silent connections are closed for their silence. */
const DEADLINE_MS = 5_000;
/** More than all places of connections that have proved nothing. */
const CONNECTIONS = 1_100;

/** Connects, and sends nothing. */
async function dialSilently(port: number | null): Promise<net.Socket> {
  const socket = net.connect(port ?? 0, '127.0.0.1').on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

test('docker port: connections without a certificate do not keep a client out', async (t) => {
  const hub = await startPlugin(t, { dockerPort: 0 });
  const { id } = await hub.createEnvironment({ name: 'shop' });
  const client = await makeClient(hub, id);
  const silent = await Promise.all(Array.from({ length: CONNECTIONS }, () => dialSilently(hub.dockerPort)));
  t.teardown(() => silent.forEach((socket) => void socket.destroy()));
  const { ca } = client;
  const stranger = await dialPort(t, hub, { ca });
  t.is((await callPort(hub, client)).body.code, 'environment-not-associated');
  // One network has a share of the places: its oldest connections made room.
  await until(
    () => silent.filter(({ destroyed }) => destroyed).length,
    (count) => count > CONNECTIONS / 2,
    { ms: DEADLINE_MS },
  );
  stranger.destroy();
});

test('docker port: silent and unauthorized connections are closed at their deadline', async (t) => {
  const clock = new FakeClock(Date.now());
  const hub = await startPlugin(t, { dockerPort: 0, clock });
  const { id } = await hub.createEnvironment({ name: 'shop' });
  const { ca } = await makeClient(hub, id);
  const before = clock.pending;
  const silent = await dialSilently(hub.dockerPort);
  const stranger = await dialPort(t, hub, { ca });
  await until(
    () => clock.pending,
    (timers) => timers >= before + 2,
  );
  const closed = Promise.all([once(silent, 'close'), once(stranger, 'close')]);
  clock.advance(10_000);
  await t.notThrowsAsync(closed);
});

test('docker port: bytes that are not HTTP, and too many headers, get a Docker error', async (t) => {
  const hub = await startPlugin(t, { dockerPort: 0 });
  const { id } = await hub.createEnvironment({ name: 'shop' });
  const client = await makeClient(hub, id);
  for (const [request, status, code] of [
    ['nonsense\r\n\r\n', 400, 'not-http'],
    [`GET / HTTP/1.1\r\nHost: d\r\nX-A: ${'a'.repeat(300_000)}\r\n\r\n`, 431, 'headers-too-large'],
    ['GET /\x80 HTTP/1.1\r\nHost: d\r\n\r\n', 400, 'bad-request-target'],
  ] as const) {
    const socket = await dialPort(t, hub, client);
    socket.on('error', () => undefined);
    socket.write(Buffer.from(request, 'latin1'));
    let text = '';
    for await (const chunk of socket) text += chunk;
    t.regex(text, new RegExp(`^HTTP/1\\.1 ${status} `), code);
    t.like(JSON.parse(text.slice(text.indexOf('{'))), { code, status });
  }
  const plain = net.connect(hub.dockerPort ?? 0, '127.0.0.1').on('error', () => undefined);
  plain.write('GET /_ping HTTP/1.1\r\nHost: docker\r\n\r\n');
  await once(plain, 'close');
  t.is((await callPort(hub, client)).body.code, 'environment-not-associated', 'the port still answers');
});

test('docker port: the hub runs without a port in use, says so, and listens once it is free', async (t) => {
  const dockerPort = await freePort();
  const taken = net.createServer().listen(dockerPort, '127.0.0.1');
  await once(taken, 'listening');
  t.teardown(() => taken.close());
  const clock = new FakeClock(Date.now());
  const hub = await startPlugin(t, { dockerPort, clock });
  t.deepEqual(hub.plugin.problems(), ['docker-port-taken']);
  const { id } = await hub.createEnvironment({ name: 'shop' });
  const client = await makeClient(hub, id);
  t.is(client.access.host, `tcp://127.0.0.1:${dockerPort}`);
  taken.close();
  await once(taken, 'close');
  const problems = () => {
    clock.advance(30_000);
    return hub.plugin.problems();
  };
  t.deepEqual(await until(problems, (codes) => codes.length === 0), []);
  t.is((await callPort(hub, client)).body.code, 'environment-not-associated');
  await hub.stop();
  await t.throwsAsync(once(net.connect(dockerPort, '127.0.0.1'), 'connect'), { code: 'ECONNREFUSED' });
});
