import { once } from 'node:events';
import type { Writable } from 'node:stream';
import test from 'ava';
import type { TunnelSession } from '../../../../../plugin/server-hooks/tunnel/session.js';
import { CALL, echoes, flood, frameAgent, healthyTunnel } from '../../../../kit/tunnel/frame-agent.js';
import { FRAME, frame } from '../../../../kit/tunnel/h2-frames.js';
import { startListener } from '../../../../kit/tunnel/listener.js';

const [PRIORITY, GOAWAY_UNKNOWN, CONTINUATION, ALTSVC, ORIGIN] = [2, 0x42, 9, 10, 12];
const [END_STREAM, END_HEADERS] = [0x1, 0x4];
/** Time limit for a call of another environment during an attack, ms, with allowance for a busy machine. */
const ECHO_MS = 5_000;

/** After what is no HTTP/2 at all Node may wait in silence: then the link's own watch ends it, within 10 s. */
const ENDS = /^(flooding|lost|silent)$/;

const uint = (value: number, bytes: number) => {
  const buffer = Buffer.alloc(bytes);
  buffer.writeUIntBE(value, 0, bytes);
  return buffer;
};
/** A header field in HPACK, literal and not indexed (RFC 7541 section 6.2.2). */
const field = (name: string, value: string) =>
  Buffer.concat([Buffer.from([0, name.length]), Buffer.from(name), hpackLength(value), Buffer.from(value)]);

function hpackLength(text: string): Buffer {
  if (text.length < 127) return Buffer.from([text.length]);
  const bytes = [127];
  let rest = text.length - 127;
  for (; rest >= 128; rest >>= 7) bytes.push((rest & 127) | 128);
  return Buffer.from([...bytes, rest]);
}

const fields = Buffer.concat(Array.from({ length: 50 }, (_, n) => field(`x-${n}`, 'y'.repeat(20))));
/** One field of 3,900 bytes goes into the table, and is then named 16,000 times: 62 MB in 20 KB. */
const bomb = Buffer.concat([
  Buffer.from([0x40, 1]),
  Buffer.from('x'),
  hpackLength('y'.repeat(3_900)),
  Buffer.from('y'.repeat(3_900)),
  Buffer.alloc(16_000, 0xbe),
]);
const settings = (id: number, value: number) =>
  frame(FRAME.settings, 0, 0, Buffer.concat([uint(id, 2), uint(value, 4)]));
const origin = (n: number) => {
  const text = Buffer.from(`https://${n}.example`);
  return frame(ORIGIN, 0, 0, Buffer.concat([uint(text.length, 2), text]));
};

/** What an agent sends when the call's stream is open: once, and then again and again. */
const ATTACKS: Readonly<Record<string, { readonly once?: Buffer; readonly again: Buffer }>> = {
  'CONTINUATION without an end': {
    once: frame(FRAME.headers, 0, CALL, fields),
    again: frame(CONTINUATION, 0, CALL, fields),
  },
  'empty CONTINUATION': {
    once: frame(FRAME.headers, 0, CALL),
    again: frame(CONTINUATION, 0, CALL),
  },
  'giant headers': { again: frame(FRAME.headers, END_HEADERS, CALL, field('x', 'y'.repeat(60_000))) },
  'an HPACK bomb': { again: frame(FRAME.headers, END_HEADERS, CALL, bomb) },
  'broken HPACK': { again: frame(FRAME.headers, END_HEADERS, CALL, Buffer.alloc(100, 0xff)) },
  trailers: { again: frame(FRAME.headers, END_HEADERS, CALL, fields) },
  'frames of an unknown type': { again: frame(GOAWAY_UNKNOWN, 0xff, CALL, Buffer.alloc(1_000)) },
  PRIORITY: { again: frame(PRIORITY, 0, CALL, Buffer.from([0, 0, 0, 0, 1])) },
  'DATA after the end': {
    once: frame(FRAME.data, END_STREAM, CALL, Buffer.from('end')),
    again: frame(FRAME.data, 0, CALL, Buffer.alloc(1_000)),
  },
  'DATA of a stream that was not opened': { again: frame(FRAME.data, 0, 99, Buffer.alloc(1_000)) },
  'a window without an end': {
    again: frame(FRAME.windowUpdate, 0, CALL, uint(2 ** 31 - 1, 4)),
  },
  'windows that open and close': {
    again: Buffer.concat([settings(4, 0), settings(4, 2 ** 31 - 1)]),
  },
  'a window that is none': { again: settings(4, 2 ** 32 - 1) },
  'a frame longer than agreed': { again: Buffer.concat([uint(2 ** 24 - 1, 3), Buffer.alloc(60_000)]) },
  'padding alone': {
    again: frame(FRAME.data, 0x8, CALL, Buffer.concat([Buffer.from([255]), Buffer.alloc(255)])),
  },
  ORIGIN: { again: origin(1) },
  ALTSVC: { again: frame(ALTSVC, 0, CALL, Buffer.concat([uint(0, 2), Buffer.from('h3=":1"')])) },
};

/** The slowest of another environment's calls until `attack` is over, ms. */
async function slowestEcho(healthy: TunnelSession, attack: Promise<unknown>): Promise<number> {
  let isOver = false;
  const over = attack.finally(() => {
    isOver = true;
  });
  let slowestMs = 0;
  do {
    const startedMs = performance.now();
    await echoes(healthy);
    slowestMs = Math.max(slowestMs, performance.now() - startedMs);
  } while (!isOver);
  await over;
  return slowestMs;
}

// One after the other: the measured delay is to be that of one attack.
for (const [name, attack] of Object.entries(ATTACKS)) {
  test.serial(
    `hostile agent: ${name} ends its tunnel, and the calls of others are answered meanwhile`,
    async (t) => {
      t.timeout(120_000);
      const hub = await startListener(t);
      const healthy = await healthyTunnel(t, hub);
      const { socket, tunnel, dial } = await frameAgent(t, hub);
      const pipe = await dial();
      pipe.on('error', () => undefined);
      pipe.resume();
      const before = process.memoryUsage().rss;
      if (attack.once) socket.write(attack.once);
      const flooding = flood(socket as Writable, attack.again);
      const slowestMs = await slowestEcho(healthy, flooding);
      const { sent, isCut } = await flooding;
      t.true(isCut, `it took ${sent} bytes`);
      if (tunnel.end === null) await once(tunnel.closed, 'abort');
      t.regex(String(tunnel.end), ENDS);
      t.true(slowestMs < ECHO_MS, `${slowestMs} ms`);
      const grownMiB = (process.memoryUsage().rss - before) / 2 ** 20;
      t.true(grownMiB < 256, `${grownMiB} MiB`);
      t.log(
        `${tunnel.end} after ${Math.round(sent / 1024)} KiB; slowest other call ${Math.round(slowestMs)} ms`,
      );
    },
  );
}

test.serial('hostile agent: origins it claims are not collected', async (t) => {
  const hub = await startListener(t);
  const { socket, tunnel } = await frameAgent(t, hub);
  // Far below what would count as a flood: it is the memory of months that this is about.
  socket.write(origin(1));
  if (tunnel.end === null) await once(tunnel.closed, 'abort');
  t.is(tunnel.end, 'lost');
});

test.serial(
  'hostile agent: a call that is answered with interim heads alone ends with its tunnel or its deadline',
  async (t) => {
    t.timeout(60_000);
    const hub = await startListener(t);
    const healthy = await healthyTunnel(t, hub);
    const { socket, tunnel, call } = await frameAgent(t, hub);
    const { dialled } = await call();
    const interim = frame(FRAME.headers, END_HEADERS, CALL, Buffer.from([0x08, 3, 0x31, 0x30, 0x33]));
    const flooding = flood(socket as Writable, interim);
    t.true((await slowestEcho(healthy, flooding)) < ECHO_MS);
    await t.throwsAsync(dialled);
    t.true((await flooding).isCut);
    t.regex(String(tunnel.end), ENDS);
  },
);
