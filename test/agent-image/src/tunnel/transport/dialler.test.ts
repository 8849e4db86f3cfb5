import { PassThrough } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { type DialPath, TransportDialler } from '../../../../../agent-image/src/tunnel/transport/dialler.js';
import type { Transport } from '../../../../../agent-image/src/tunnel/transport/transport.js';
import { problem } from '../../../../../protocol/problems/agent.js';
import type { TunnelPath } from '../../../../../protocol/tunnel/tunnel-path.js';
import { TUNNEL_ALPN } from '../../../../../protocol/version.js';
import { FakeClock } from '../../../../kit/clock/fake-clock.js';
import { defer } from '../../../../kit/deferred.js';

/** Dials that the test answers one by one. */
class Dials {
  readonly started: TunnelPath[] = [];
  readonly signals: AbortSignal[] = [];
  readonly #answers: ReturnType<typeof defer<Transport>>[] = [];

  dial(path: TunnelPath): DialPath {
    return (_alpn, signal) => {
      const answer = defer<Transport>();
      this.started.push(path);
      this.signals.push(signal);
      this.#answers.push(answer);
      return answer.promise;
    };
  }

  /** The dial of that number opens; returns its transport. */
  open(index: number): Transport {
    const transport = transportBy(this.started[index] ?? 'api');
    this.#answers[index]?.resolve(transport);
    return transport;
  }

  fail(index: number, error: Error): void {
    this.#answers[index]?.reject(error);
  }
}

function transportBy(path: TunnelPath): Transport {
  const socket = Object.assign(new PassThrough(), {
    bytesRead: 0,
    bytesWritten: 0,
    destroySoon: () => undefined,
  });
  return { socket, wire: { bytesRead: 0, setKeepAlive: () => undefined }, path };
}

function setup(_t: ExecutionContext, { hasPort = true } = {}) {
  const clock = new FakeClock();
  const dials = new Dials();
  const warnings: unknown[] = [];
  const dialler = new TransportDialler({
    ...(hasPort && { dialPort: dials.dial('tunnel-port') }),
    dialApi: dials.dial('api'),
    clock,
    logger: { warn: (about: unknown) => void warnings.push(about) },
  });
  const dial = (path?: TunnelPath) => dialler.dial(TUNNEL_ALPN, path);
  /** A first dial, in which the tunnel port fails and the API path opens. */
  const openByApi = async (error = problem('hub-refused')) => {
    const dialling = dial();
    dials.fail(0, error);
    await turn();
    dials.open(1);
    return await dialling;
  };
  return { clock, dials, warnings, dial, openByApi };
}

test('dialler: the tunnel port has a second, then the API path is dialled too, and the first one wins', async (t) => {
  const { clock, dials, dial } = setup(t);
  const dialling = dial();
  clock.advance(999);
  t.deepEqual(dials.started, ['tunnel-port']);
  clock.advance(1);
  t.deepEqual(dials.started, ['tunnel-port', 'api']);
  const winner = dials.open(1);
  t.is(await dialling, winner);
  t.true(dials.signals[0]?.aborted, 'the other dial is aborted');
  t.false(dials.signals[1]?.aborted);
  const late = dials.open(0);
  await turn();
  t.true(late.socket.destroyed, 'and its connection, if it opens all the same, is destroyed');
  t.false(winner.socket.destroyed);
});

test('dialler: a tunnel port that opens within the second is the only path dialled', async (t) => {
  const { clock, dials, dial } = setup(t);
  const dialling = dial();
  dials.open(0);
  t.is((await dialling).path, 'tunnel-port');
  clock.advance(60_000);
  t.deepEqual(dials.started, ['tunnel-port']);
  t.is(clock.pending, 0);
});

test('dialler: a tunnel port that fails starts the API path immediately', async (t) => {
  const { clock, dials, dial } = setup(t);
  const dialling = dial();
  dials.fail(0, problem('hub-refused'));
  await turn();
  t.deepEqual(dials.started, ['tunnel-port', 'api']);
  dials.open(1);
  t.is((await dialling).path, 'api');
  t.is(clock.pending, 0);
});

test('dialler: the API path that won goes first for ten minutes, the tunnel port a second later', async (t) => {
  const { clock, dials, dial, openByApi } = setup(t);
  await openByApi();
  const second = dial();
  t.deepEqual(dials.started.slice(2), ['api']);
  dials.open(2);
  await second;
  clock.advance(10 * 60_000);
  const third = dial();
  t.deepEqual(dials.started.slice(3), ['tunnel-port']);
  dials.open(3);
  await third;
});

test('dialler: the order is forgotten once the tunnel port wins, and after a failure of both', async (t) => {
  for (const end of ['port wins', 'both fail']) {
    const { dials, dial, openByApi } = setup(t);
    await openByApi();
    const second = dial();
    dials.fail(2, problem('hub-unreachable'));
    await turn();
    if (end === 'port wins') dials.open(3);
    else dials.fail(3, problem('hub-refused'));
    await second.catch(() => undefined);
    const third = dial();
    t.is(dials.started[4], 'tunnel-port', end);
    dials.open(4);
    await third;
  }
});

test('dialler: another hub at the tunnel port is reported, although the API path opens', async (t) => {
  for (const [code, count] of [
    ['tunnel-fingerprint-mismatch', 1],
    ['hub-refused', 0],
  ] as const) {
    const { warnings, openByApi } = setup(t);
    await openByApi(problem(code));
    t.is(warnings.length, count, code);
  }
});

test('dialler: when both fail, the error has the code of the tunnel port and names both causes', async (t) => {
  const { dials, dial } = setup(t);
  const failing = t.throwsAsync(dial(), { code: 'hub-refused' });
  dials.fail(0, problem('hub-refused'));
  await turn();
  dials.fail(1, problem('tunnel-websocket-refused'));
  const error = await failing;
  t.regex(
    error?.message ?? '',
    /tunnel port: .*\(hub-refused\)\. By the API's address: .*\(tunnel-websocket-refused\)/,
  );
});

test('dialler: a false hub on either path is the code, whatever the other path met', async (t) => {
  for (const falsePath of [0, 1]) {
    const { dials, dial } = setup(t);
    const failing = t.throwsAsync(dial(), { code: 'tunnel-fingerprint-mismatch' });
    dials.fail(0, problem(falsePath === 0 ? 'tunnel-fingerprint-mismatch' : 'hub-refused'));
    await turn();
    dials.fail(1, problem(falsePath === 1 ? 'tunnel-fingerprint-mismatch' : 'hub-refused'));
    await failing;
  }
});

test('dialler: without a tunnel port only the API path is dialled, and its error is the error', async (t) => {
  const { dials, dial, clock } = setup(t, { hasPort: false });
  const failing = t.throwsAsync(dial(), { code: 'tunnel-websocket-refused' });
  dials.fail(0, problem('tunnel-websocket-refused'));
  await failing;
  t.deepEqual(dials.started, ['api']);
  t.is(clock.pending, 0);
});

test('dialler: a connection of an open tunnel takes its path alone', async (t) => {
  for (const path of ['tunnel-port', 'api'] as const) {
    const { dials, dial, clock } = setup(t);
    const dialling = dial(path);
    clock.advance(60_000);
    t.deepEqual(dials.started, [path]);
    dials.open(0);
    t.is((await dialling).path, path);
  }
});
