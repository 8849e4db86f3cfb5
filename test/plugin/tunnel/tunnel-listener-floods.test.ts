import { once } from 'node:events';
import type { Writable } from 'node:stream';
import test, { type ExecutionContext } from 'ava';
import type { Tunnel } from '../../../plugin/server-hooks/tunnel/tunnel.js';
import { EMPTY_SETTINGS, FLOODS, FRAME, frame, status200, untilStream } from '../../helpers/h2-frames.js';
import { PROOF, startListener, type TestListener } from '../../helpers/listener.js';
import { dialTunnelPort, rawTunnel } from '../../helpers/raw-tunnel.js';

/** The streams that the hub opens on a tunnel, in order: the question, the acceptance, and then calls. */
const [QUESTION, ACCEPTED, CALL] = [1, 3, 5];
/** Most of a flood, bytes: far more than the budget, so that a hub without one is seen to swallow it. */
const FLOOD_BYTES = 64 * 1024 * 1024;
const CHUNK_BYTES = 64 * 1024;

/** An agent made of frames, past its proof. */
async function frameAgent(t: ExecutionContext, hub: TestListener) {
  const before = hub.tunnels.length;
  const socket = await dialTunnelPort(t, hub.port);
  const asked = untilStream(socket, QUESTION);
  const accepted = untilStream(socket, ACCEPTED);
  const called = untilStream(socket, CALL);
  called.catch(() => undefined);
  await asked;
  const proof = frame(FRAME.data, 0x1, QUESTION, Buffer.from(JSON.stringify(PROOF)));
  socket.write(Buffer.concat([EMPTY_SETTINGS, status200(QUESTION), proof]));
  await accepted;
  socket.write(status200(ACCEPTED));
  const tunnel = hub.tunnels[before];
  if (!tunnel) throw new Error('no tunnel');
  /** A call, as far as the agent's 200. */
  const dial = async () => {
    const dialled = tunnel.dial();
    await called;
    socket.write(status200(CALL));
    return dialled;
  };
  return { socket, tunnel, dial };
}

/** Sends one frame again and again; resolves to the bytes that were taken before the connection broke. */
async function flood(socket: Writable, piece: Buffer): Promise<number> {
  const chunk = Buffer.concat(Array.from({ length: Math.ceil(CHUNK_BYTES / piece.length) }, () => piece));
  let sent = 0;
  while (sent < FLOOD_BYTES && !socket.destroyed) {
    const isTaken = await new Promise<boolean>((resolve) => {
      socket.write(chunk, (error) => resolve(!error));
    });
    if (!isTaken) break;
    sent += chunk.length;
  }
  return sent;
}

async function healthyTunnel(t: ExecutionContext, hub: TestListener): Promise<Tunnel> {
  const agent = await rawTunnel(t, hub.port);
  agent.session.on('stream', (stream, headers) => {
    if (headers[':method'] !== 'CONNECT') return;
    stream.respond({ ':status': 200 });
    stream.pipe(stream);
  });
  t.is(await agent.prove(PROOF), 'accepted');
  const tunnel = hub.tunnels.at(-1);
  if (!tunnel) throw new Error('no tunnel');
  return tunnel;
}

/** Whether a byte makes the way there and back. */
async function echoes(tunnel: Tunnel): Promise<boolean> {
  const pipe = await tunnel.dial();
  pipe.write('x');
  const [chunk] = await once(pipe, 'data');
  pipe.destroy();
  return String(chunk) === 'x';
}

for (const [name, piece] of Object.entries(FLOODS)) {
  test(`flood: a tunnel that floods the hub with ${name} is dropped, and others work meanwhile`, async (t) => {
    const hub = await startListener(t);
    const healthy = await healthyTunnel(t, hub);
    const { socket, tunnel } = await frameAgent(t, hub);
    const flooded = flood(socket, piece);
    t.true(await echoes(healthy));
    const sent = await flooded;
    if (tunnel.end === null) await once(tunnel.closed, 'abort');
    // Node ends some of these by itself, which is a loss.
    t.true(tunnel.end === 'flooding' || tunnel.end === 'lost', `${tunnel.end}`);
    t.true(sent < FLOOD_BYTES, 'it did not take it all');
    t.true(await echoes(healthy));
    t.log(`${name}: ${tunnel.end} after ${Math.round(sent / 1024)} KiB`);
  });
}

test('flood: empty DATA frames on a call’s stream are no payload', async (t) => {
  const hub = await startListener(t);
  const healthy = await healthyTunnel(t, hub);
  const { socket, tunnel, dial } = await frameAgent(t, hub);
  const pipe = await dial();
  pipe.on('error', () => undefined);
  pipe.resume();
  const sent = await flood(socket, frame(FRAME.data, 0, CALL));
  if (tunnel.end === null) await once(tunnel.closed, 'abort');
  t.true(tunnel.end === 'flooding' || tunnel.end === 'lost', `${tunnel.end}`);
  t.true(sent < FLOOD_BYTES);
  t.true(pipe.destroyed);
  t.true(await echoes(healthy));
});

test('flood: an agent that opens streams on an open tunnel is dropped, and what it pushes is not served', async (t) => {
  const hub = await startListener(t);
  const opening = await frameAgent(t, hub);
  opening.socket.write(frame(FRAME.headers, 0x5, 2, Buffer.from([0x82, 0x84, 0x86])));
  if (opening.tunnel.end === null) await once(opening.tunnel.closed, 'abort');
  t.is(opening.tunnel.end, 'lost');
  const pushing = await frameAgent(t, hub);
  const pipe = await pushing.dial();
  const push = frame(FRAME.pushPromise, 0x4, CALL, Buffer.from([0, 0, 0, 2, 0x82, 0x84, 0x86]));
  const answer = frame(FRAME.data, 0, CALL, Buffer.from('answer'));
  pushing.socket.write(Buffer.concat([push, answer]));
  const [chunk] = await once(pipe, 'data');
  t.is(String(chunk), 'answer');
  pipe.destroy();
});

test('flood: a call whose agent dies in mid-stream is cut, never ended', async (t) => {
  const hub = await startListener(t);
  const { socket, tunnel, dial } = await frameAgent(t, hub);
  const pipe = await dial();
  socket.write(frame(FRAME.data, 0, CALL, Buffer.from('half of an ans')));
  const [chunk] = await once(pipe, 'data');
  t.is(String(chunk), 'half of an ans');
  pipe.on('end', () => t.fail('an end would look like success'));
  const failed = once(pipe, 'error');
  socket.destroy();
  t.like(await failed, [{ code: 'stream-reset' }]);
  if (tunnel.end === null) await once(tunnel.closed, 'abort');
  t.is(tunnel.end, 'lost');
});
