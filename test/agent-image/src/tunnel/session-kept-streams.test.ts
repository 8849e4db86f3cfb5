import { once } from 'node:events';
import http2 from 'node:http2';
import test, { type ExecutionContext } from 'ava';
import { TUNNEL } from '../../../../protocol/tunnel/tunnel-settings.js';
import { FakeClock } from '../../../kit/clock/fake-clock.js';
import { startEngine } from '../../../kit/engine/double.js';
import { connectAgent } from '../../../kit/tunnel/connect-agent.js';
import { untilTrue } from '../../../kit/until.js';

/** Two of them are less than the time after which a silent link is closed. */
const INACTIVITY_MS = 4_000;

async function setup(t: ExecutionContext) {
  const clock = new FakeClock();
  const engine = await startEngine(t, (socket) => {
    socket.on('data', () => socket.write('answer'));
    socket.on('end', () => socket.end());
  });
  let idles = 0;
  const { hub, opening } = await connectAgent(t, {
    dialEngine: () => engine.dial(),
    clock,
    inactivityMs: INACTIVITY_MS,
    onIdle: () => idles++,
  });
  const session = http2.connect('http://agent', { createConnection: () => hub });
  session.on('error', () => undefined);
  t.teardown(() => session.destroy());
  session.request({ ':method': 'POST', ':path': TUNNEL.acceptedPath }).end('id');
  await opening;
  const open = async (isKept: boolean) => {
    const stream = session.request({
      ':method': 'CONNECT',
      ':authority': TUNNEL.engineAuthority,
      ...(isKept && { [TUNNEL.keptHeader]: '1' }),
    });
    stream.on('error', () => undefined);
    await once(stream, 'response');
    return stream;
  };
  const call = async (stream: http2.ClientHttp2Stream) => {
    stream.write('request');
    await once(stream, 'data');
  };
  /** Closes a stream, and waits until the agent has noticed: only then its engine connection is closed. */
  const close = async (stream: http2.ClientHttp2Stream, how: 'end' | 'reset') => {
    if (how === 'end') stream.resume().end();
    else stream.close(http2.constants.NGHTTP2_CANCEL);
    await untilTrue('no connection to the engine', () => engine.sockets.size === 0, { everyMs: 1 });
    await new Promise((resolve) => session.ping(resolve));
  };
  return { clock, engine, open, call, close, idles: () => idles };
}

test('agent tunnel: a stream that the hub kept counts as used until its last byte', async (t) => {
  const { clock, open, call, close, idles } = await setup(t);
  const stream = await open(true);
  clock.advance(500);
  await call(stream);
  clock.advance(3_000);
  t.is(idles(), 0);
  await close(stream, 'end');
  clock.advance(INACTIVITY_MS - 3_000 - 1);
  t.is(idles(), 0);
  clock.advance(1);
  t.is(idles(), 1);
});

test('agent tunnel: a kept stream does not hold the tunnel past its idle time', async (t) => {
  const { clock, open, call, close, idles } = await setup(t);
  const stream = await open(true);
  await call(stream);
  clock.advance(INACTIVITY_MS + 1_000);
  t.is(idles(), 0, 'it might be a quiet call');
  await close(stream, 'end');
  clock.advance(0);
  t.is(idles(), 1);
});

for (const isKept of [true, false]) {
  const kind = isKept ? 'a stream that may be kept' : 'any other stream';

  test(`agent tunnel: a quiet call on ${kind} counts as used until it is aborted`, async (t) => {
    const { clock, open, call, close, idles } = await setup(t);
    const stream = await open(isKept);
    await call(stream);
    clock.advance(INACTIVITY_MS + 1_000);
    await close(stream, 'reset');
    clock.advance(INACTIVITY_MS - 1);
    t.is(idles(), 0);
    clock.advance(1);
    t.is(idles(), 1);
  });

  test(`agent tunnel: a quiet call on ${kind} counts as used until the engine ends it`, async (t) => {
    const { clock, engine, open, call, close, idles } = await setup(t);
    const stream = await open(isKept);
    await call(stream);
    clock.advance(INACTIVITY_MS + 1_000);
    for (const socket of engine.sockets) socket.end();
    await once(stream.resume(), 'end');
    await close(stream, 'end');
    clock.advance(INACTIVITY_MS - 1);
    t.is(idles(), 0);
    clock.advance(1);
    t.is(idles(), 1);
  });
}

test('agent tunnel: a pipe whose input has ended counts as used until it closes', async (t) => {
  const { clock, open, call, close, idles } = await setup(t);
  const stream = await open(false);
  await call(stream);
  clock.advance(INACTIVITY_MS + 1_000);
  await close(stream, 'end');
  clock.advance(INACTIVITY_MS - 1);
  t.is(idles(), 0);
  clock.advance(1);
  t.is(idles(), 1);
});
