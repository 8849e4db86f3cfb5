import { once } from 'node:events';
import net from 'node:net';
import type { ExecutionContext } from 'ava';
import test from 'ava';
import { joinStreams } from '../../../protocol/tunnel/join-streams.js';
import { readToEnd, sessionPair } from './stream-pair.js';

/**
 * What an agent does: a tunnel's stream joined with a connection to an engine. `hub` is the far end of the
 * one, `engine` of the other.
 */
async function joined(t: ExecutionContext) {
  const { open, client } = await sessionPair(t);
  const { near: hub, far: agent } = await open();
  const listener = net.createServer({ allowHalfOpen: true });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const accepted = once(listener, 'connection');
  const { port } = listener.address() as net.AddressInfo;
  const dialled = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  const [engine] = (await accepted) as [net.Socket];
  listener.close();
  for (const socket of [dialled, engine]) socket.on('error', () => undefined);
  t.teardown(() => {
    dialled.destroy();
    engine.destroy();
  });
  return { hub, engine, dialled, client, done: joinStreams(agent, dialled) };
}

test('join streams: either side may end while the other continues', async (t) => {
  for (const flip of [false, true]) {
    const { hub, engine, done } = await joined(t);
    const [early, late] = flip ? [engine, hub] : [hub, engine];
    const received = readToEnd(early);
    early.end('question');
    t.deepEqual(await readToEnd(late), { text: 'question', how: 'end' });
    late.write('a slow ');
    late.end('answer');
    t.deepEqual(await received, { text: 'a slow answer', how: 'end' });
    await done;
  }
});

test('join streams: everything arrives, in both directions at the same time', async (t) => {
  const { hub, engine, done } = await joined(t);
  const received = [readToEnd(hub), readToEnd(engine)];
  hub.end('q'.repeat(5_000_000));
  engine.end('a'.repeat(5_000_000));
  const [answer, question] = await Promise.all(received);
  t.is(answer?.text.length, 5_000_000);
  t.is(question?.text.length, 5_000_000);
  await done;
});

test('join streams: an engine that disconnects is a reset for the hub', async (t) => {
  const { hub, engine, done } = await joined(t);
  const received = readToEnd(hub);
  engine.write('half an ans');
  await once(hub, 'data');
  engine.resetAndDestroy();
  t.deepEqual(await received, { text: 'half an ans', how: 'stream-reset' });
  await done;
});

test('join streams: a hub that disconnects, or is lost, closes the engine’s connection', async (t) => {
  for (const breakOff of ['destroy', 'lose'] as const) {
    const { hub, engine, client, dialled, done } = await joined(t);
    engine.resume();
    hub.write('half a quest');
    await once(engine, 'data');
    if (breakOff === 'destroy') hub.destroy();
    else client.destroy();
    await done;
    t.true(dialled.destroyed);
  }
});

test('join streams: a hub that has ended and then leaves closes the engine’s connection', async (t) => {
  const { hub, engine, dialled, done } = await joined(t);
  hub.end('question');
  t.deepEqual(await readToEnd(engine), { text: 'question', how: 'end' });
  engine.write('an answer that continues');
  await once(hub, 'data');
  hub.destroy();
  await done;
  t.true(dialled.destroyed);
});

test('join streams: a hub that has ended and then leaves a silent engine closes its connection', async (t) => {
  const { hub, engine, dialled, done } = await joined(t);
  hub.resume().end('question');
  t.deepEqual(await readToEnd(engine), { text: 'question', how: 'end' });
  hub.destroy();
  await done;
  t.true(dialled.destroyed);
});

test('join streams: a paused reader stops the engine, and gets everything later', async (t) => {
  const { hub, engine, dialled, done } = await joined(t);
  const block = Buffer.alloc(256 * 1024);
  const blocks = 64;
  for (let sent = 0; sent < blocks; sent += 1) engine.write(block);
  engine.end();
  hub.end();
  await once(dialled, 'pause');
  t.true(engine.writableLength > 0, 'the engine has to wait');
  const { text, how } = await readToEnd(hub);
  t.deepEqual([text.length, how], [blocks * block.length, 'end']);
  await done;
});
