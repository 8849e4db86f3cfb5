import { once } from 'node:events';
import http2, { type Http2Session } from 'node:http2';
import net from 'node:net';
import test, { type ExecutionContext } from 'ava';
import type { Clock } from '../../../protocol/time/clock.js';
import { type LinkFault, LinkMonitor } from '../../../protocol/tunnel/link-monitor.js';
import { FakeClock } from '../../kit/clock/fake-clock.js';
import { sessionPair } from './stream-pair.js';

const STEP_MS = 10;

const PING_HEAD = '\x00\x00\x08\x06\x00';
/** A setting without meaning here, and its bytes, which arrive after everything else. */
const LAST_SETTING = 0x12345;
const LAST_FRAME = Buffer.from([0, 4, 0, 1, 0x23, 0x45]);

/** A peer that reads everything and sends nothing, and the session with it. */
async function deafPeer(t: ExecutionContext) {
  const server = net.createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  const accepted = once(server, 'connection');
  const session = http2.connect(`http://127.0.0.1:${port}`);
  session.on('error', () => undefined);
  const [far] = (await accepted) as [net.Socket];
  far.on('error', () => undefined);
  t.teardown(() => {
    session.destroy();
    far.destroy();
    server.close();
  });
  return { far, session };
}

/** A monitor of a session; the bytes it counts and the time are the test's to say. */
async function setup(t: ExecutionContext, given?: Http2Session) {
  const session = given ?? (await deafPeer(t)).session;
  if (session.connecting) await once(session, 'connect');
  const time = new FakeClock();
  let stalledMs = 0;
  const clock: Clock = {
    now: () => time.now(),
    monotonic: () => time.monotonic() + stalledMs,
    after: (ms, fn) => time.after(ms, fn),
    every: (ms, fn) => time.every(ms, fn),
  };
  const wire = { bytesRead: 0 };
  const faults: LinkFault[] = [];
  const monitor = new LinkMonitor({
    session,
    socket: { bytesRead: 0, bytesWritten: 0 },
    wire,
    clock,
    onFault: (fault) => faults.push(fault),
  });
  monitor.start();
  t.teardown(() => monitor.stop());
  return {
    time,
    wire,
    faults,
    /** The event loop is blocked: time passes, and no timer runs. */
    stall: (ms: number) => {
      stalledMs += ms;
    },
    /** Milliseconds until the link is given up. */
    untilGivenUp: () => {
      let ms = 0;
      for (; faults.length === 0 && ms < 60_000; ms += STEP_MS) time.advance(STEP_MS);
      return ms;
    },
  };
}

test('link monitor: silence is noticed within 10 s, with time to spare, whenever the last byte arrived', async (t) => {
  for (let offsetMs = 0; offsetMs < 250; offsetMs += STEP_MS) {
    const { time, wire, faults, untilGivenUp } = await setup(t);
    time.advance(7_000 + offsetMs);
    wire.bytesRead++;
    const ms = untilGivenUp();
    t.true(ms > 8_000 && ms <= 9_300, `${ms} ms`);
    t.deepEqual(faults, ['silent']);
  }
});

test('link monitor: one byte every 8 s keeps the link alive, though no ping is answered', async (t) => {
  const { time, wire, faults, untilGivenUp } = await setup(t);
  for (let i = 0; i < 100; i++) {
    time.advance(8_000);
    wire.bytesRead++;
  }
  t.deepEqual(faults, []);
  untilGivenUp();
  t.deepEqual(faults, ['silent']);
});

test('link monitor: bytes that arrived while the event loop was blocked are read before a verdict', async (t) => {
  const { time, wire, faults, stall } = await setup(t);
  time.advance(5_000);
  stall(4_500);
  time.advance(250);
  wire.bytesRead++;
  time.advance(5_000);
  t.deepEqual(faults, []);
});

test('link monitor: a long block of the event loop is not blamed on the peer', async (t) => {
  const { time, faults, stall, untilGivenUp } = await setup(t);
  stall(3_600_000);
  time.advance(5_000);
  t.deepEqual(faults, []);
  const ms = untilGivenUp();
  t.true(ms <= 5_000, `${ms} ms`);
});

test('link monitor: pings until the round trip is known, then every 3 s', async (t) => {
  const { client, server } = await sessionPair(t);
  let pings = 0;
  server.on('ping', () => pings++);
  /** Answers arrive in order: with our own, all have arrived. */
  const answered = async () => {
    await new Promise<void>((resolve) => client.ping(() => resolve()));
    pings--;
    return pings;
  };
  const { time, wire } = await setup(t, client);
  t.is(await answered(), 1);
  for (const known of [2, 3, 4, 4]) {
    time.advance(250);
    t.is(await answered(), known);
  }
  for (let seconds = 1; seconds <= 30; seconds++) {
    wire.bytesRead++;
    for (let i = 0; i < 4; i++) {
      time.advance(250);
      await answered();
    }
  }
  t.is(pings, 4 + 10);
});

test('link monitor: never has two pings unanswered', async (t) => {
  const { far, session } = await deafPeer(t);
  let seen = Buffer.alloc(0);
  far.on('data', (chunk: Buffer) => {
    seen = Buffer.concat([seen, chunk]);
  });
  const { time, wire } = await setup(t, session);
  for (let i = 0; i < 10; i++) {
    wire.bytesRead++;
    time.advance(3_000);
  }
  session.settings({ initialWindowSize: LAST_SETTING });
  while (!seen.includes(LAST_FRAME)) await once(far, 'data');
  t.is(seen.toString('latin1').split(PING_HEAD).length - 1, 1);
});
