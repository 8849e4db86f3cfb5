import test from 'ava';
import { problem } from '../../../../protocol/problems.js';
import { memberOf } from '../../../kit/swarm/agents.js';
import { sampleEnvironment } from '../store/sample-environment.js';
import { watchSetup } from './environment-watch-setup.js';

const counts = { containers: 1, running: 1, paused: 0, stopped: 0, images: 1, volumes: 0, networks: 3 };

test('watch: an agent that connects, fails, recovers and falls silent is reported within a second and a bit, by a timer alone', (t) => {
  const { clock, recordCheckIn, drain } = watchSetup();
  clock.advance(2_000);
  t.deepEqual(drain(), []);
  const steps = [
    ['up', { status: 'online' }],
    ['down', { status: 'degraded', problem: { code: 'engine-unreachable' } }],
    ['up', { status: 'online', problem: null }],
  ] as const;
  for (const [engine, changes] of steps) {
    recordCheckIn(1, engine);
    clock.advance(1_100);
    const events = drain();
    t.like(events, [{ type: 'environment-changed', id: 1, changes }]);
    t.true(Object.keys(events[0]?.changes ?? {}).includes('lastCheckInAt'));
  }
  clock.advance(20_000 - 1_100);
  t.deepEqual(drain(), [], 'two intervals and ten seconds');
  clock.advance(1_200);
  t.like(drain(), [{ type: 'environment-changed', id: 1, changes: { status: 'offline' } }]);
});

test('watch: check-ins that change nothing are not reported', (t) => {
  const { clock, recordCheckIn, drain } = watchSetup();
  recordCheckIn(1);
  clock.advance(2_000);
  t.is(drain().length, 1);
  for (let count = 0; count < 20; count++) {
    recordCheckIn(1);
    clock.advance(1_000);
  }
  t.deepEqual(drain(), []);
});

test('watch: creations, changes and deletions are reported at the next tick, invisible ones are not', (t) => {
  const { clock, store, put, drain } = watchSetup(0);
  put(1, { name: 'one', instances: [] });
  clock.advance(100);
  t.like(drain(), [{ type: 'environment-created', environment: { id: 1, name: 'one' } }]);
  put(1, { name: 'two', instances: [], tags: ['a'] });
  clock.advance(100);
  t.like(drain(), [{ type: 'environment-changed', id: 1, changes: { name: 'two', tags: ['a'] } }]);
  put(1, { name: 'two', instances: [], tags: ['a'], generation: 9, barredEdgeIds: [] });
  clock.advance(2_000);
  t.deepEqual(drain(), []);
  void store.remove(1);
  put(2);
  void store.remove(2);
  clock.advance(100);
  t.like(drain(), [{ type: 'environment-removed', id: 1, name: 'two' }]);
  clock.advance(2_000);
  t.deepEqual(drain(), [], 'what exists only between two ticks is not reported');
});

test('watch: tunnel, refusal, snapshot and settings are reported as the API shows them', async (t) => {
  const { clock, live, store, drain } = watchSetup();
  live.of(1).tunnels.slot().demand();
  clock.advance(100);
  t.like(drain(), [{ id: 1, changes: { tunnel: 'required' } }]);
  clock.advance(300_000);
  t.like(drain(), [{ id: 1, changes: { tunnel: 'idle' } }], 'a demand lapses without a call');
  live.of(1).presence.refused(problem('edge-id-mismatch'));
  clock.advance(1_100);
  const code = 'edge-id-mismatch';
  t.like(drain(), [{ id: 1, changes: { status: 'refused', problem: { code }, lastRefusal: { code } } }]);
  const summary = { takenAt: '2030-01-01T00:00:00.000Z', counts, engine: null, swarm: null };
  const [instance] = sampleEnvironment(1).instances;
  if (!instance) throw new Error('the sample has an agent');
  await live.of(1).snapshots.accept(instance, { summary, bytes: Buffer.alloc(0) });
  clock.advance(1_100);
  const [taken] = drain();
  t.deepEqual(taken?.changes, { snapshot: { takenAt: '2030-01-01T00:00:00.000Z', counts } });
  for (const checkInSeconds of [30, 60]) {
    void store.updateSettings((current) => ({ ...current, checkInSeconds }));
  }
  clock.advance(100);
  t.like(drain(), [{ type: 'settings-changed', settings: { checkInSeconds: 60 } }]);
});

test('watch: a Swarm’s leader, nodes and agents are reported within a second and a bit', async (t) => {
  const { clock, live, put, recordCheckIn, drain } = watchSetup();
  put(1);
  recordCheckIn(1);
  clock.advance(1_100);
  drain();
  const [instance] = sampleEnvironment(1).instances;
  if (!instance) throw new Error('the sample has an agent');
  const { roster, tunnels } = live.of(1);
  const report = { swarmId: 's', nodes: [memberOf('n', 'manager'), memberOf('w', 'worker')] };
  await roster.accept(instance, report);
  clock.advance(1_100);
  const swarm = {
    id: 's',
    nodeId: 'n',
    role: 'manager',
    managers: 1,
    nodes: 2,
    leaderNodeId: null,
    nodesOnline: 1,
  };
  t.deepEqual(
    drain().map(({ changes }) => changes),
    [{ swarm }],
  );
  tunnels.slot().demand();
  live.of(1).called(instance.id);
  clock.advance(100);
  t.deepEqual(
    drain().map(({ changes }) => changes),
    [{ tunnel: 'required', swarm: { ...swarm, leaderNodeId: 'n' } }],
  );
  await roster.accept(instance, report);
  clock.advance(2_000);
  t.deepEqual(drain(), [], 'a repeated report is no change');
});

test('watch: an environment that flaps is reported five times, then once a second, and finally as it is', (t) => {
  const { clock, recordCheckIn, put, drain } = watchSetup();
  recordCheckIn(1);
  clock.advance(10_000);
  drain();
  for (let count = 1; count <= 100; count++) {
    put(1, { name: `name ${count}` });
    clock.advance(100);
  }
  const reported = drain();
  t.true(reported.length >= 10 && reported.length <= 16, `${reported.length} of 100`);
  clock.advance(2_100);
  const [last] = drain();
  t.like(last, { changes: { name: 'name 100' } });
});

test('watch: five thousand that change at the same time are reported within two seconds, in batches', (t) => {
  const count = 5_000;
  const { clock, recordCheckIn, drain } = watchSetup(count);
  for (let id = 1; id <= count; id++) recordCheckIn(id);
  let most = 0;
  const reported = new Set<number | undefined>();
  for (let tick = 0; tick < 20; tick++) {
    clock.advance(100);
    const events = drain();
    most = Math.max(most, events.length);
    for (const { id } of events) reported.add(id);
  }
  t.is(reported.size, count);
  t.true(most <= count / 10);
});

test('watch: one timer for any number of environments, none after a stop', (t) => {
  const { clock, watch, put, drain } = watchSetup(100);
  t.is(clock.pending, 1);
  watch.stop();
  watch.stop();
  t.is(clock.pending, 0);
  put(1, { name: 'other' });
  t.deepEqual(drain(), []);
});
