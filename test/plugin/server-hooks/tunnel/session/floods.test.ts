import { once } from 'node:events';
import test from 'ava';
import { CALL, echoes, flood, frameAgent, healthyTunnel } from '../../../../kit/tunnel/frame-agent.js';
import { FLOODS, FRAME, frame } from '../../../../kit/tunnel/h2-frames.js';
import { startListener } from '../../../../kit/tunnel/listener.js';

for (const [name, piece] of Object.entries(FLOODS)) {
  test(`flood: a tunnel that floods the hub with ${name} is dropped, and others keep working`, async (t) => {
    const hub = await startListener(t);
    const healthy = await healthyTunnel(t, hub);
    const { socket, tunnel } = await frameAgent(t, hub);
    const flooded = flood(socket, piece);
    t.true(await echoes(healthy));
    const { sent, isCut } = await flooded;
    if (tunnel.end === null) await once(tunnel.closed, 'abort');
    // Node ends some of these by itself, which is a loss.
    t.true(tunnel.end === 'flooding' || tunnel.end === 'lost', `${tunnel.end}`);
    t.true(isCut, `it took ${sent} bytes`);
    t.true(await echoes(healthy));
    t.log(`${name}: ${tunnel.end} after ${Math.round(sent / 1024)} KiB`);
  });
}

test('flood: empty DATA frames on a call’s stream do not count as payload', async (t) => {
  const hub = await startListener(t);
  const healthy = await healthyTunnel(t, hub);
  const { socket, tunnel, dial } = await frameAgent(t, hub);
  const pipe = await dial();
  pipe.on('error', () => undefined);
  pipe.resume();
  const { isCut } = await flood(socket, frame(FRAME.data, 0, CALL));
  if (tunnel.end === null) await once(tunnel.closed, 'abort');
  t.true(tunnel.end === 'flooding' || tunnel.end === 'lost', `${tunnel.end}`);
  t.true(isCut);
  t.true(pipe.destroyed);
  t.true(await echoes(healthy));
});

test('flood: an agent that opens streams on an open tunnel is dropped, and its pushes are not served', async (t) => {
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
  pipe.on('end', () => t.fail('an end would appear as success'));
  const failed = once(pipe, 'error');
  socket.destroy();
  t.like(await failed, [{ code: 'stream-reset' }]);
  if (tunnel.end === null) await once(tunnel.closed, 'abort');
  t.is(tunnel.end, 'lost');
});
