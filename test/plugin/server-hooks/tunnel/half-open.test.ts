import { once } from 'node:events';
import net from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import type { TLSSocket } from 'node:tls';
import test, { type ExecutionContext } from 'ava';
import { TUNNEL_ALPN } from '../../../../protocol/version.js';
import { FakeClock } from '../../../kit/clock/fake-clock.js';
import { GOAWAY, HOSTILE_FRAMES } from '../../../kit/fault/hostile-frames.js';
import { ServerSockets } from '../../../kit/fault/server-sockets.js';
import { dialStubborn } from '../../../kit/fault/stubborn-client.js';
import { EMPTY_SETTINGS, FRAME, frame, status200, untilStream } from '../../../kit/tunnel/h2-frames.js';
import { PROOF, startListener } from '../../../kit/tunnel/listener.js';
import { rawTunnel } from '../../../kit/tunnel/raw-tunnel.js';

/** Of the hub's own time: each of its deadlines is shorter. */
const LATE_MS = 60_000;
const STEP_MS = 250;
const QUESTION = 1;
const WRONG_PROOF = frame(FRAME.data, 0x1, QUESTION, Buffer.from('{}'));
const RIGHT_PROOF = frame(FRAME.data, 0x1, QUESTION, Buffer.from(JSON.stringify(PROOF)));

/** Asked for its proof; it never ends its own side, whatever the hub does. */
async function dialToStay(
  t: ExecutionContext,
  port: number,
): Promise<{ socket: TLSSocket; tcp: net.Socket }> {
  const { socket, tcp } = await dialStubborn(port, TUNNEL_ALPN);
  t.teardown(() => tcp.destroy());
  await untilStream(socket, QUESTION);
  return { socket, tcp };
}

/** What a caller without a proof may say to be forgotten, and stay. */
const WAYS: Readonly<Record<string, Buffer>> = {
  ...HOSTILE_FRAMES,
  'GOAWAY that spares the question': frame(FRAME.goAway, 0, 0, Buffer.from([0, 0, 0, 1, 0, 0, 0, 0])),
  'GOAWAY after a wrong proof': Buffer.concat([status200(QUESTION), WRONG_PROOF, GOAWAY]),
  'GOAWAY before a wrong proof': Buffer.concat([GOAWAY, status200(QUESTION), WRONG_PROOF]),
  'GOAWAY after a right proof': Buffer.concat([status200(QUESTION), RIGHT_PROOF, GOAWAY]),
  'an end without a proof': frame(FRAME.headers, 0x5, QUESTION, Buffer.from([0x88])),
  'a reset of the question': frame(FRAME.reset, 0, QUESTION, Buffer.from([0, 0, 0, 8])),
  nothing: Buffer.alloc(0),
};
for (const [name, bytes] of Object.entries(WAYS)) {
  test(`half-open: a connection that sends ${name} and stays is closed`, async (t) => {
    t.timeout(60_000);
    const clock = new FakeClock();
    const { port } = await startListener(t, { clock });
    const sockets = new ServerSockets(t, port);
    const { socket, tcp } = await dialToStay(t, port);
    t.is(sockets.size, 1);
    const before = tcp.bytesWritten;
    socket.write(Buffer.concat([EMPTY_SETTINGS, bytes]));
    await sockets.haveReadPast(before);
    for (let passedMs = 0; sockets.size > 0 && passedMs < LATE_MS; passedMs += STEP_MS) {
      clock.advance(STEP_MS);
      await turn();
    }
    await sockets.allClosed();
    t.is(sockets.size, 0);
  });
}

test('half-open: a connection keeps its slot until its descriptor is closed', async (t) => {
  const { port } = await startListener(t, { openFiles: 256 });
  const sockets = new ServerSockets(t, port);
  // One network has 8 of 64 places.
  for (let n = 0; n < 40; n++) {
    const { socket } = await dialToStay(t, port);
    socket.write(Buffer.concat([EMPTY_SETTINGS, GOAWAY]));
    t.true(sockets.size <= 9, `${sockets.size} after ${n + 1}`);
  }
  t.is(await (await rawTunnel(t, port)).prove(PROOF), 'accepted');
});

test('half-open: an agent gets through 1,024 silent connections from nine addresses', async (t) => {
  const { port, tunnels } = await startListener(t);
  const sockets = new ServerSockets(t, port);
  for (let address = 1; address <= 9; address++) {
    const dials = Array.from({ length: 128 }, async () => {
      const socket = net.connect({ host: '127.0.0.1', port, localAddress: `127.0.2.${address}` });
      socket.on('error', () => undefined);
      t.teardown(() => socket.destroy());
      await once(socket, 'connect');
    });
    await Promise.all(dials);
  }
  t.is(await (await rawTunnel(t, port)).prove(PROOF), 'accepted');
  t.is(tunnels.length, 1);
  t.true(sockets.size <= 1_025, `${sockets.size}`);
});
