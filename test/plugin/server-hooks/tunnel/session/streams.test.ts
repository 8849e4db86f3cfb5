import { once } from 'node:events';
import http from 'node:http';
import type { ServerHttp2Stream } from 'node:http2';
import type { Duplex } from 'node:stream';
import test, { type ExecutionContext } from 'ava';
import type { TunnelSession } from '../../../../../plugin/server-hooks/tunnel/session.js';
import { TUNNEL } from '../../../../../protocol/tunnel/tunnel-settings.js';
import { FakeClock } from '../../../../kit/clock/fake-clock.js';
import { startByteEngine } from '../../../../kit/engine/byte-engine.js';
import { localTunnel } from '../../../../kit/tunnel/local-tunnel.js';
import { tunnelPair } from '../../../../kit/tunnel/pair.js';

test('tunnel: 512 streams are open at a time, the next is refused until one ends', async (t) => {
  const { tunnel } = await localTunnel(t, { dialEngine: (await startByteEngine(t)).dial });
  const pipes = await Promise.all(Array.from({ length: TUNNEL.maxStreams }, () => dial(t, tunnel)));
  const error = await t.throwsAsync(tunnel.dial(), { code: 'too-many-streams' });
  t.like(error, { status: 503, retryAfterSeconds: 1 });

  t.is(await ping(pipes[17]), 'HTTP/1.1 200 OK', 'open streams continue');
  const [first] = pipes;
  first?.destroy();
  await untilDials(t, tunnel);
  t.is(tunnel.end, null);
});

test('tunnel: a dial that gets no stream ends after 10 s, and releases its slot', async (t) => {
  const clock = new FakeClock();
  const { tunnel, far } = await tunnelPair(t, { clock, serve: answerConnects });
  far.settings({ maxConcurrentStreams: 0 });
  await once(far, 'localSettings');

  for (let round = 0; round < 3; round++) {
    const dials = Array.from({ length: TUNNEL.maxStreams }, () => tunnel.dial());
    const codes = Promise.all(
      dials.map((dialled) => dialled.catch(({ code, status }) => `${code} ${status}`)),
    );
    clock.advance(TUNNEL.dialMs - 1);
    t.is(await Promise.race([codes, turn()]), 'still waiting');
    clock.advance(1);
    t.deepEqual(new Set(await codes), new Set(['dial-timeout 504']));
    await new Promise(setImmediate);
  }

  far.settings({ maxConcurrentStreams: 100 });
  await once(far, 'localSettings');
  await untilDials(t, tunnel);
});

test('tunnel: a dial that the agent does not answer ends after 10 s, and is reset at the agent', async (t) => {
  const clock = new FakeClock();
  let arrived: (stream: ServerHttp2Stream) => void = () => undefined;
  const seen = new Promise<ServerHttp2Stream>((resolve) => {
    arrived = resolve;
  });
  const { tunnel } = await tunnelPair(t, { clock, serve: arrived });
  const dialled = t.throwsAsync(tunnel.dial(), { code: 'dial-timeout' });
  const stream = await seen;
  const closed = once(stream, 'close');
  clock.advance(TUNNEL.dialMs);
  await dialled;
  await closed;
  t.is(tunnel.end, null);
});

test('tunnel: an unreachable engine is distinguished from a lost tunnel', async (t) => {
  const { tunnel } = await localTunnel(t, { dialEngine: () => Promise.reject(new Error('no engine')) });
  const error = await t.throwsAsync(tunnel.dial(), { code: 'engine-unreachable' });
  t.like(error, { status: 502 });
  t.is(tunnel.end, null);
});

test('tunnel: a dial after the agent said goodbye, or after the end, is refused and does not throw', async (t) => {
  const { tunnel, far } = await tunnelPair(t, { clock: new FakeClock(), serve: answerConnects });
  tunnel.start();
  const open = await tunnel.dial();
  const broken = once(open, 'error');
  far.goaway(0);
  await t.throwsAsync(untilRefused(tunnel), { code: 'tunnel-lost' });
  t.is(tunnel.end, 'lost');
  await t.throwsAsync(tunnel.dial(), { code: 'tunnel-lost' });
  t.like(await broken, [{ code: 'stream-reset' }]);

  // Before the tunnel is notified of its session's end.
  const { tunnel: dying, session } = await tunnelPair(t, { clock: new FakeClock() });
  dying.start();
  session.destroy();
  t.is(dying.end, null);
  await t.throwsAsync(dying.dial(), { code: 'tunnel-lost' });

  const { tunnel: revoked } = await tunnelPair(t, { clock: new FakeClock() });
  const waiting = t.throwsAsync(revoked.dial(), { code: 'tunnel-closed' });
  revoked.close('revoked');
  await waiting;
  await t.throwsAsync(revoked.dial(), { code: 'tunnel-closed' });
  t.notThrows(() => revoked.keepAlive());
});

test('tunnel: survives 2,500 aborted calls', async (t) => {
  t.timeout(300_000);
  const { tunnel } = await localTunnel(t, { dialEngine: (await startByteEngine(t)).dial });
  const worker = async () => {
    for (let i = 0; i < 125; i++) {
      const pipe = await tunnel.dial();
      pipe.on('error', () => undefined);
      pipe.write('POST /echo HTTP/1.1\r\nHost: engine\r\nContent-Length: 9\r\n\r\n');
      await once(pipe, 'data');
      pipe.destroy();
    }
  };
  await Promise.all(Array.from({ length: 20 }, worker));
  t.is(tunnel.end, null);
  t.is(await ping(await dial(t, tunnel)), 'HTTP/1.1 200 OK');
});

test('tunnel: each has its own http.Agent, and environments never get each other’s answers', async (t) => {
  const environments = await Promise.all(
    ['red', 'blue'].map(async (name, i) => {
      const { dial: dialEngine } = await startByteEngine(t, name);
      const { tunnel } = await localTunnel(t, { dialEngine, environmentId: i + 1 });
      return { name, tunnel };
    }),
  );
  const answers = await Promise.all(
    Array.from({ length: 200 }, async (_, i) => {
      const { name, tunnel } = environments[i % 2] ?? t.fail();
      return { name, answer: await nameOf(tunnel) };
    }),
  );
  for (const { name, answer } of answers) t.is(answer, name);

  // The end of one does not affect the other.
  const [red, blue] = environments;
  red?.tunnel.close('idle');
  if (blue) t.is(await nameOf(blue.tunnel), 'blue');
  if (red) await t.throwsAsync(nameOf(red.tunnel), { code: 'tunnel-lost' });
});

function answerConnects(stream: ServerHttp2Stream, path: string): void {
  if (path === TUNNEL.engineAuthority) stream.respond({ ':status': 200 });
  else stream.respond({ ':status': 204 }, { endStream: true });
}

async function dial(t: ExecutionContext, tunnel: TunnelSession): Promise<Duplex> {
  const pipe = await tunnel.dial();
  pipe.on('error', () => undefined);
  t.teardown(() => {
    pipe.destroy();
  });
  return pipe;
}

/** The status line that an open pipe gets. */
async function ping(pipe: Duplex | undefined): Promise<string | undefined> {
  if (!pipe) return undefined;
  pipe.write('GET /name HTTP/1.1\r\nHost: engine\r\n\r\n');
  const [chunk] = await once(pipe, 'data');
  return String(chunk).split('\r\n')[0];
}

/** Dials until there is room; the test's own deadline is the bound. */
async function untilDials(t: ExecutionContext, tunnel: TunnelSession): Promise<void> {
  for (;;) {
    try {
      await dial(t, tunnel);
      return;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'too-many-streams')) throw error;
      await turn();
    }
  }
}

/** Dials until that is refused. */
async function untilRefused(tunnel: TunnelSession): Promise<never> {
  for (;;) (await tunnel.dial()).destroy();
}

function nameOf({ connections: agent }: TunnelSession): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = http.get({ agent, host: 'engine', path: '/name' }, async (response) => {
      let text = '';
      for await (const chunk of response) text += chunk;
      resolve(text);
    });
    request.on('error', reject);
  });
}

function turn(): Promise<'still waiting'> {
  return new Promise((resolve) => setTimeout(resolve, 20, 'still waiting'));
}
