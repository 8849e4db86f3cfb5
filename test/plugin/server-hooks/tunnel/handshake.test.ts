import { once } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import test from 'ava';
import { problem } from '../../../../protocol/problems.js';
import { FakeClock } from '../../../kit/clock/fake-clock.js';
import {
  EMPTY_SETTINGS,
  FLOODS,
  FRAME,
  frame,
  status200,
  untilStream,
} from '../../../kit/tunnel/h2-frames.js';
import { PROOF, startListener } from '../../../kit/tunnel/listener.js';
import { dialTunnelPort, rawTunnel } from '../../../kit/tunnel/raw-tunnel.js';

test('proof: a valid one opens the tunnel, and the agent gets its id', async (t) => {
  const { port, tunnels } = await startListener(t);
  const agent = await rawTunnel(t, port);
  t.is(await agent.prove(PROOF), 'accepted');
  t.is(tunnels.length, 1);
  t.like(tunnels[0], { id: 'tunnel-1', inactivityMs: 60_000, end: null });
});

test('proof: a connection without one after 10 s is dropped, whether it speaks HTTP/2 or not', async (t) => {
  const clock = new FakeClock();
  const { port, log } = await startListener(t, { clock });
  const [silent, polite] = [await dialTunnelPort(t, port), await rawTunnel(t, port)];
  await once(silent, 'readable');
  clock.advance(9_999);
  await turn();
  t.false(silent.readableEnded || polite.socket.destroyed);
  clock.advance(1);
  await once(silent.resume(), 'close');
  t.is(await polite.ended, 'proof-late');
  const refusals = log.lines.filter(({ fields }) => 'code' in fields && fields.code === 'proof-late');
  // The second within a minute is no warning: reaching the port must not be enough to fill the log.
  t.deepEqual(
    refusals.map(({ level }) => level),
    ['warn', 'debug'],
  );
});

test('proof: anything else is refused', async (t) => {
  const { port } = await startListener(t);
  for (const wrong of [null, {}, [], 'x', { ...PROOF, token: 'short' }, { ...PROOF, inactivityMs: -1 }]) {
    t.is(await (await rawTunnel(t, port)).prove(wrong), 'proof-malformed');
  }
  t.is(await (await rawTunnel(t, port)).prove({ ...PROOF, token: 'U'.repeat(43) }), 'credential-unknown');
  for (const foreign of [{ environmentId: 2 }, { instanceId: 'another' }, { mac: 'M'.repeat(43) }]) {
    t.is(await (await rawTunnel(t, port)).prove({ ...PROOF, ...foreign }), 'credential-foreign');
  }
});

test('proof: one that is too large is cut while it arrives', async (t) => {
  const { port, refused } = await startListener(t);
  const agent = await rawTunnel(t, port);
  agent.asked.respond({ ':status': 200 });
  agent.asked.write(Buffer.alloc(1024 * 1024));
  t.is(await refused, 'proof-malformed');
  t.regex(await agent.ended, /^(proof-malformed|closed)$/);
  // Between two checks of the connection's counter, too.
  const unwatched = await startListener(t, { clock: new FakeClock() });
  const hasty = await rawTunnel(t, unwatched.port);
  hasty.asked.respond({ ':status': 200 });
  hasty.asked.write(Buffer.alloc(20 * 1024));
  t.is(await hasty.ended, 'proof-malformed');
});

test('proof: an agent that disconnects or resets the request is cleaned up', async (t) => {
  for (const leave of ['leave', 'reset'] as const) {
    const { port, refused } = await startListener(t);
    const agent = await rawTunnel(t, port);
    if (leave === 'leave') agent.socket.destroy();
    else agent.asked.close(2);
    t.is(await refused, 'proof-missing');
  }
});

test('proof: a tunnel that is no longer needed at its registration is refused', async (t) => {
  const { port } = await startListener(t, {
    attach: () => {
      throw problem('credential-revoked');
    },
  });
  t.is(await (await rawTunnel(t, port)).prove(PROOF), 'credential-revoked');
});

for (const [name, flood] of Object.entries(FLOODS)) {
  test(`proof: a connection that sends ${name} instead is dropped`, async (t) => {
    const { port, refused } = await startListener(t);
    const socket = await dialTunnelPort(t, port);
    socket.resume();
    socket.write(EMPTY_SETTINGS);
    socket.write(Buffer.concat(Array.from({ length: 4_000 }, () => flood)));
    t.regex(await refused, /^proof-(malformed|missing)$/);
    await once(socket, 'close');
  });
}

test('proof: an agent that opens streams itself is dropped, and its pushes are not served', async (t) => {
  const { port, tunnels } = await startListener(t);
  const proof = frame(FRAME.data, 0x1, 1, Buffer.from(JSON.stringify(PROOF)));
  const own = frame(FRAME.headers, 0x5, 2, Buffer.from([0x82, 0x84, 0x86]));
  const opening = await dialTunnelPort(t, port);
  await untilStream(opening, 1);
  opening.write(Buffer.concat([EMPTY_SETTINGS, status200(1), own, proof]));
  await once(opening, 'close');
  t.is(tunnels.length, 0);
  const push = frame(FRAME.pushPromise, 0x4, 1, Buffer.from([0, 0, 0, 2, 0x82, 0x84, 0x86]));
  const pushing = await dialTunnelPort(t, port);
  const accepted = untilStream(pushing, 3);
  const refused = untilStream(pushing, 2, FRAME.reset);
  await untilStream(pushing, 1);
  pushing.write(Buffer.concat([EMPTY_SETTINGS, status200(1), push, proof]));
  await accepted;
  await refused;
  t.is(tunnels.length, 1);
  // An agent that respects the setting does not start at all.
  t.false((await rawTunnel(t, port)).session.remoteSettings.enablePush);
});

test('proof: an agent that dies right after its proof leaves no tunnel behind, 100 times', async (t) => {
  const { port, tunnels } = await startListener(t);
  for (let n = 0; n < 100; n++) {
    const socket = await dialTunnelPort(t, port);
    await untilStream(socket, 1);
    const proof = frame(FRAME.data, 0x1, 1, Buffer.from(JSON.stringify(PROOF)));
    socket.write(Buffer.concat([EMPTY_SETTINGS, status200(1), proof]));
    if (n % 2 === 0) socket.end();
    else socket.destroySoon();
    await once(socket.resume(), 'close');
  }
  for (const tunnel of tunnels) if (tunnel.end === null) await once(tunnel.closed, 'abort');
  t.true(tunnels.every(({ end }) => end === 'lost'));
  t.log(`${tunnels.length} of 100 had opened`);
});
