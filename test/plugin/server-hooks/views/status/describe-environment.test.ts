import test from 'ava';
import type { Environment } from '../../../../../plugin/server-hooks/model/environment.js';
import { describeEnvironment } from '../../../../../plugin/server-hooks/views/status/describe-environment.js';
import { statusOf } from '../../../../../plugin/server-hooks/views/status/observe-environment.js';
import { problem } from '../../../../../protocol/problems.js';
import { FakeClock } from '../../../../kit/clock/fake-clock.js';
import { checkInBench } from '../../../../kit/hub/check-in-bench.js';
import { NO_SNAPSHOTS } from '../../../../kit/hub/no-swarm.js';

function setup() {
  const clock = new FakeClock();
  const bench = checkInBench(clock);
  const { environments: live, environment } = bench;
  const sources = { clock, live, snapshots: NO_SNAPSHOTS };
  const describe = (changes: Partial<Environment> = {}) =>
    describeEnvironment({ ...environment, ...changes }, sources);
  return { clock, bench, presence: live.of(1).presence, environment, describe };
}

test('status: new before the first agent, online while it checks in, offline after two intervals and ten seconds', async (t) => {
  const { clock, bench, describe } = setup();
  t.is(describe({ instances: [], associatedAt: null }).status, 'new');
  t.is(describe().status, 'offline', 'known, without a check-in since the hub started');
  await bench.checkIn();
  t.is(describe().status, 'online');
  clock.advance(20_000);
  t.is(describe().status, 'online');
  clock.advance(1);
  t.is(describe().status, 'offline');
});

test('status: degraded while the engine or the connection to the tunnel port fails, with that as the problem', async (t) => {
  const { bench, describe } = setup();
  await bench.checkIn({ query: { engine: 'down' } });
  t.like(describe(), { status: 'degraded', problem: { code: 'engine-unreachable' } });
  await bench.checkIn({ query: { problem: 'tunnel-fingerprint-mismatch' } });
  t.like(describe(), { status: 'degraded', problem: { code: 'tunnel-fingerprint-mismatch' } });
  await bench.checkIn();
  t.like(describe(), { status: 'online', problem: null });
});

test('status: refused only while no valid agent is online; otherwise the refusal is a problem', async (t) => {
  const { bench, presence, environment, describe } = setup();
  const error = problem('edge-id-mismatch');
  presence.refused(error);
  t.like(describe(), { status: 'refused', problem: { code: 'edge-id-mismatch' } });
  await bench.checkIn();
  t.like(describe(), { status: 'online', problem: { code: 'edge-id-mismatch' } });
  t.is(statusOf(environment, presence), 'online');
});

test('status: an http address is a separate problem, after all others', async (t) => {
  const { bench, describe } = setup();
  const apiUrl = 'http://hub.example/edge';
  await bench.checkIn();
  t.like(describe({ apiUrl }), { status: 'online', problem: { code: 'cleartext' } });
  await bench.checkIn({ query: { engine: 'down' } });
  t.is(describe({ apiUrl }).problem?.code, 'engine-unreachable');
});

test('status: a problem has the text of its code; a name from Object.prototype has none', async (t) => {
  const { bench, describe } = setup();
  const detailOf = async (code: string) => {
    await bench.checkIn({ query: { problem: code } });
    return describe().problem?.detail;
  };
  t.is(await detailOf('tunnel-protocol'), 'The other end of the tunnel does not speak fairlead/1');
  t.is(await detailOf('hub-dns'), 'The agent cannot resolve the name in the tunnel address');
  for (const code of ['constructor', '__proto__', 'toString', 'of-a-later-version']) {
    t.is(await detailOf(code), `See docs/errors.md#${code}`);
  }
});
