import test from 'ava';
import type { Instance } from '../../../../plugin/server-hooks/model/environment.js';
import { encodeSnapshot } from '../../../../plugin/server-hooks/snapshots/encode.js';
import { SnapshotRequests } from '../../../../plugin/server-hooks/snapshots/requests.js';
import { Problem, problem } from '../../../../protocol/problems.js';
import { FakeClock } from '../../../kit/clock/fake-clock.js';
import { EMPTY_SNAPSHOT } from '../../../kit/snapshot.js';
import { sampleEnvironment } from '../store/sample-environment.js';

const ENCODED = encodeSnapshot(EMPTY_SNAPSHOT, null);

const [SAMPLE] = sampleEnvironment(1).instances;

function onNode(id: string, role: 'manager' | 'worker'): Instance {
  if (!SAMPLE) throw new Error('no sample');
  return { ...SAMPLE, id, node: { swarmId: 's', nodeId: `n${id}`, name: id, role } };
}

/** Two environments whose agents serve these nodes, all managers confirmed; all are online unless they are `away`. */
function setup({ instances = [onNode('1', 'manager')] }: { instances?: Instance[] } = {}) {
  const clock = new FakeClock();
  const asked: number[] = [];
  const away = new Set<string>();
  const managers = instances.flatMap(({ node }) => (node?.role === 'manager' ? [node.nodeId] : []));
  const environment = (id: number) => sampleEnvironment(id, { instances, swarm: { id: 's', managers } });
  const desk = new SnapshotRequests({
    clock,
    store: { environment },
    presence: {
      requestSnapshot: (id) => asked.push(id),
      isLive: (_, id) => !away.has(id),
    },
    checkIns: { wake: () => undefined },
    snapshots: { write: async () => undefined },
  });
  const agent = (id: number, index = 0) => ({
    environment: environment(id),
    instance: instances[index] ?? onNode('x', 'worker'),
  });
  return { clock, asked, away, desk, agent };
}

test('snapshot desk: snapshots are 10 s apart, whether what was let in came or not', async (t) => {
  const { clock, desk, agent } = setup();
  desk.admit(agent(1));
  desk.admit(agent(2));
  const error = t.throws(() => desk.admit(agent(1)), { instanceOf: Problem, code: 'snapshot-too-soon' });
  t.like(error, { status: 429, retryAfterSeconds: 10 });
  clock.advance(9_999);
  t.throws(() => desk.admit(agent(1)), { code: 'snapshot-too-soon' });
  clock.advance(1);
  t.notThrows(() => desk.admit(agent(1)), 'and those that were refused put nothing off');
});

test('snapshot desk: agents of one Swarm keep nobody else waiting', (t) => {
  const { desk, agent } = setup({ instances: [onNode('1', 'manager'), onNode('2', 'worker')] });
  desk.admit(agent(1, 0));
  t.notThrows(() => desk.admit(agent(1, 1)));
  for (const index of [0, 1]) t.throws(() => desk.admit(agent(1, index)), { code: 'snapshot-too-soon' });
});

test('snapshot desk: all who wait are told of the next one, which need not keep its distance', async (t) => {
  const { clock, asked, desk, agent } = setup();
  desk.admit(agent(1));
  const waiting = [desk.request(1, 30_000), desk.request(1, 30_000)];
  t.deepEqual(asked, [1, 1]);
  t.notThrows(() => desk.admit(agent(1)));
  await desk.accept(agent(1), ENCODED);
  await t.notThrowsAsync(Promise.all(waiting));
  t.is(clock.pending, 0);
  t.throws(() => desk.admit(agent(1)), { code: 'snapshot-too-soon' }, 'nobody waits any more');
});

test('snapshot desk: who asks a Swarm waits for all that are online', async (t) => {
  const { clock, away, desk, agent } = setup({
    instances: [onNode('1', 'manager'), onNode('2', 'worker'), onNode('3', 'worker')],
  });
  away.add('3');
  let isDone = false;
  const wait = desk.request(1, 30_000).then(() => {
    isDone = true;
  });
  for (const index of [0, 1]) {
    t.false(isDone);
    t.notThrows(() => desk.admit(agent(1, index)));
    await desk.accept(agent(1, index), ENCODED);
  }
  await wait;
  t.is(clock.pending, 0);
});

test("snapshot desk: a manager's snapshot is enough after three seconds, a worker's is not while a manager is online", async (t) => {
  const { clock, away, desk, agent } = setup({ instances: [onNode('1', 'manager'), onNode('2', 'worker')] });
  const enough = desk.request(1, 30_000);
  await desk.accept(agent(1, 0), ENCODED);
  t.is(clock.pending, 2);
  clock.advance(3_000);
  await enough;
  const late = desk.request(1, 30_000);
  await desk.accept(agent(1, 1), ENCODED);
  clock.advance(30_000);
  await t.throwsAsync(late, { code: 'snapshot-timeout' });
  away.add('1');
  const workers = desk.request(1, 30_000);
  await desk.accept(agent(1, 1), ENCODED);
  await workers;
  t.is(clock.pending, 0);
});

test('snapshot desk: who waits for an agent that is sent away is told so, and nobody else', async (t) => {
  const { clock, desk } = setup();
  const gone = [desk.request(1, 30_000), desk.request(1, 30_000)];
  const other = desk.request(2, 30_000);
  desk.refuse(1, problem('environment-not-found'));
  for (const wait of gone) await t.throwsAsync(wait, { code: 'environment-not-found' });
  t.is(clock.pending, 1);
  clock.advance(30_000);
  await t.throwsAsync(other, { code: 'snapshot-timeout' });
});

test('snapshot desk: an environment that is forgotten leaves nothing behind', (t) => {
  const { desk, agent } = setup();
  desk.admit(agent(1));
  desk.forget(1);
  t.notThrows(() => desk.admit(agent(1)));
});
