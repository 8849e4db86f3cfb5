import { once } from 'node:events';
import test, { type ExecutionContext } from 'ava';
import { FakeClock } from '../../../../kit/clock/fake-clock.js';
import { callPort, dialPort, makeClient, type PortClient } from '../../../../kit/docker/port-client.js';
import { startPortWorld } from '../../../../kit/docker/start-port-world.js';
import type { TestPlugin } from '../../../../kit/hub/plugin.js';
import { untilTrue } from '../../../../kit/until.js';

/** Promised is under a second; a busy machine gets five times that. */
const DEADLINE_MS = 5_000;
const HOUR_MS = 3_600_000;
const PING = 'GET /_ping HTTP/1.1\r\nHost: docker\r\n\r\n';

interface Ending {
  readonly hub: TestPlugin;
  readonly clock: FakeClock;
  readonly id: number;
  readonly accessId: string;
}

const ENDINGS: readonly [how: string, end: (ending: Ending) => unknown, code: string][] = [
  [
    'its access is revoked',
    ({ hub, id, accessId }) => hub.call('DELETE', `/api/environments/${id}/docker-access/${accessId}`),
    'docker-access-revoked',
  ],
  [
    'its environment is deleted',
    ({ hub, id }) => hub.call('DELETE', `/api/environments/${id}`),
    'environment-not-found',
  ],
  [
    'its access expires',
    ({ clock }) => {
      // Other timers are not due: half a second is the interval of the check.
      clock.setWall(clock.now() + HOUR_MS);
      clock.advance(500);
    },
    'docker-access-expired',
  ],
];

/** A connection that reads all that comes. */
async function open(t: ExecutionContext, hub: TestPlugin, client: PortClient & { allowHalfOpen?: true }) {
  const socket = await dialPort(t, hub, client);
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk;
  });
  socket.on('error', () => undefined);
  const closed = new Promise<void>((resolve) => void socket.once('close', () => resolve()));
  const untilText = async (part: string) => {
    while (!text.includes(part)) await once(socket, 'data');
  };
  return { socket, closed, untilText, text: () => text };
}

async function timed(t: ExecutionContext, what: string, closed: Promise<unknown>, startedMs: number) {
  await closed;
  const tookMs = performance.now() - startedMs;
  t.log(`${what}: ${tookMs.toFixed(0)} ms`);
  t.true(tookMs < DEADLINE_MS);
}

for (const [how, end, code] of ENDINGS) {
  test(`docker port: streams and idle connections are cut when ${how}`, async (t) => {
    const clock = new FakeClock(Date.now());
    const { hub, id } = await startPortWorld(t, { clock });
    const expiresAt = new Date(clock.now() + HOUR_MS).toISOString();
    const client = await makeClient(hub, id, { expiresAt });
    const stream = await open(t, hub, client);
    stream.socket.write('GET /events HTTP/1.1\r\nHost: docker\r\n\r\n');
    await stream.untilText('{}');
    const kept = await open(t, hub, client);
    kept.socket.write(PING);
    await kept.untilText('OK');
    const [unused, halfSent] = [await open(t, hub, client), await open(t, hub, client)];
    halfSent.socket.write('GET /_ping HTT');
    // The last handshake is over on both sides.
    await callPort(hub, client);
    const startedMs = performance.now();
    await end({ hub, clock, id, accessId: client.access.id });
    await timed(t, 'open stream', stream.closed, startedMs);
    t.false(stream.text().endsWith('0\r\n\r\n'), 'a cut is no end');
    await timed(
      t,
      'idle connections',
      Promise.all([kept, unused, halfSent].map(({ closed }) => closed)),
      startedMs,
    );
    t.is(unused.text() + halfSent.text(), '');
    t.is((await callPort(hub, client)).body.code, code);
  });
}

test('docker port: a call on a kept connection is refused as soon as its access has expired', async (t) => {
  const clock = new FakeClock(Date.now());
  const { hub, id } = await startPortWorld(t, { clock });
  const client = await makeClient(hub, id, { expiresAt: new Date(clock.now() + HOUR_MS).toISOString() });
  const kept = await open(t, hub, client);
  kept.socket.write(PING);
  await kept.untilText('OK');
  // Before the next check.
  clock.setWall(clock.now() + HOUR_MS);
  kept.socket.write('POST /build HTTP/1.1\r\nHost: docker\r\nContent-Length: 1000000\r\n\r\nx');
  await kept.untilText('docker-access-expired');
  t.regex(kept.text(), /OK[\s\S]*HTTP\/1\.1 401 /);
  // The rest of the body never comes. The check, and the time to read the answer, may begin later than the answer arrives.
  await untilTrue('the connection is closed', () => {
    clock.advance(500);
    return kept.socket.destroyed;
  });
  await kept.closed;
});

test('docker port: a client that is refused has time to read why, and does not stay', async (t) => {
  const clock = new FakeClock(Date.now());
  const { hub, id } = await startPortWorld(t, { clock });
  const client = await makeClient(hub, id);
  await hub.call('DELETE', `/api/environments/${id}/docker-access/${client.access.id}`);
  const refused = await open(t, hub, { ...client, allowHalfOpen: true });
  refused.socket.write('POST /build HTTP/1.1\r\nHost: docker\r\nContent-Length: 1000000\r\n\r\nx');
  await refused.untilText('docker-access-revoked');
  t.regex(refused.text(), /^HTTP\/1\.1 401 [\s\S]*connection: close/);
  // It would stay if it could, and continue to send.
  clock.advance(1_000);
  await untilTrue('the connection is closed', () => {
    refused.socket.write('x');
    return refused.socket.destroyed;
  });
});
