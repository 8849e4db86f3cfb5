import type { LookupAddress } from 'node:dns';
import { once } from 'node:events';
import net from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { dialTcp } from '../../../protocol/network/dial-tcp.js';
import { codeOf } from '../../../protocol/problems.js';
import { systemClock } from '../../../protocol/time/clock.js';
import { FakeClock } from '../../kit/clock/fake-clock.js';
import { untilTrue } from '../../kit/until.js';
import { startStalledListener } from '../stalled-listener.js';

const HEAD_START_MS = 250;
const LOOPBACK: LookupAddress = { address: '127.0.0.1', family: 4 };
/** Nothing listens there on a port that is free at 127.0.0.1 alone. */
const REFUSING: LookupAddress = { address: '127.0.0.2', family: 4 };
/** The limited broadcast address: Linux has no TCP route there. */
const NOWHERE: LookupAddress = { address: '255.255.255.255', family: 4 };

/** Connections that fill a stalled listener's queue. */
const QUEUED = 2;

const inTime = () => AbortSignal.timeout(30_000);

async function listen(t: ExecutionContext): Promise<number> {
  const server = net.createServer((socket) => socket.on('error', () => undefined).resume());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => void server.close());
  return (server.address() as net.AddressInfo).port;
}

for (const [what, other] of [
  ['refuses', REFUSING],
  ['cannot be reached', NOWHERE],
] as const) {
  test(`dial: an address whose round trip is long wins over one that ${what}`, async (t) => {
    const { port, release } = await startStalledListener(t);
    const clock = new FakeClock();
    const dialled = dialTcp('hub.test', port, { clock, signal: inTime(), addresses: [LOOPBACK, other] });
    await untilTrue('a timer', () => clock.pending !== 0, { everyMs: 1 });
    clock.advance(HEAD_START_MS);
    release();
    const socket = await dialled;
    socket.on('error', () => undefined);
    t.teardown(() => void socket.destroy());
    t.is(socket.remoteAddress, LOOPBACK.address);
    t.is(clock.pending, 0);
  });
}

test.serial(
  'dial: an address that stays silent costs one head start, and its attempt ends with the race',
  async (t) => {
    const silent = await startStalledListener(t);
    const server = net.createServer((socket) => socket.on('error', () => undefined).resume());
    server.listen(silent.port, REFUSING.address);
    await once(server, 'listening');
    t.teardown(() => void server.close());
    const clock = new FakeClock();
    const addresses = [LOOPBACK, REFUSING];
    const dialled = dialTcp('hub.test', silent.port, { clock, signal: inTime(), addresses });
    await untilTrue('a timer', () => clock.pending !== 0, { everyMs: 1 });
    clock.advance(HEAD_START_MS);
    const socket = await dialled;
    t.is(socket.remoteAddress, REFUSING.address);
    socket.destroy();
    await once(socket, 'close');
    const open = () =>
      process
        .getActiveResourcesInfo()
        .filter((kind) => kind === 'TCPSocketWrap' || kind === 'TCPConnectWrap');
    await untilTrue('the end of the other connections', () => open().length <= QUEUED, { everyMs: 1 });
    t.pass();
  },
);

test('dial: of several failures that of an address with a route is reported', async (t) => {
  const port = await listen(t);
  const options = { clock: systemClock, signal: inTime(), addresses: [NOWHERE, REFUSING] };
  await t.throwsAsync(dialTcp('hub.test', port, options), { code: 'ECONNREFUSED' });
});

test('dial: the deadline ends the race and the lookup', async (t) => {
  const { port } = await startStalledListener(t);
  const clock = new FakeClock();
  const late = new Error('late');
  const deadline = new AbortController();
  const options = { clock, signal: deadline.signal };
  const racing = dialTcp('hub.test', port, { ...options, addresses: [LOOPBACK, LOOPBACK] });
  await untilTrue('a timer', () => clock.pending !== 0, { everyMs: 1 });
  const dialled = dialTcp('hub.invalid', port, options);
  deadline.abort(late);
  t.is(await t.throwsAsync(racing), late);
  t.is(await t.throwsAsync(dialled), late);
  t.is(clock.pending, 0);
  t.is(await t.throwsAsync(dialTcp('127.0.0.1', port, options)), late, 'it is over before it starts');
});

test('dial: names are resolved, addresses are used as they are', async (t) => {
  const port = await listen(t);
  for (const host of ['localhost', '127.0.0.1']) {
    const socket = await dialTcp(host, port, { clock: systemClock, signal: inTime() });
    t.is(socket.remoteAddress, '127.0.0.1');
    socket.destroy();
  }
  const failure = await t.throwsAsync(dialTcp('hub.invalid', port, { clock: systemClock, signal: inTime() }));
  t.regex(codeOf(failure), /^(ENOTFOUND|EAI_AGAIN)$/);
});
