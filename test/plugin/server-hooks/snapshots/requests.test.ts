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

/** An environment whose agents serve these nodes, all managers confirmed; all are online unless they are `away`. */
function setup({ instances = [onNode('1', 'manager')] }: { instances?: Instance[] } = {}) {
  const clock = new FakeClock();
  const away = new Set<string>();
  const managers = instances.flatMap(({ node }) => (node?.role === 'manager' ? [node.nodeId] : []));
  let asked = 0;
  let stored = 0;
  let failure: Problem | null = null;
  const requests = new SnapshotRequests({
    id: 1,
    record: sampleEnvironment(1, { instances, swarm: { id: 's', managers } }),
    clock,
    files: {
      write: async () => {
        if (failure) throw failure;
      },
    },
    presence: { isLive: (id) => !away.has(id) },
    wake: () => asked++,
    changed: () => stored++,
  });
  const agent = (index = 0) => instances[index] ?? onNode('x', 'worker');
  const admit = (index = 0) => requests.admit(agent(index).id);
  const accept = (index = 0) => requests.accept(agent(index), ENCODED);
  const failWrites = (error: Problem) => {
    failure = error;
  };
  return { clock, failWrites, asked: () => asked, stored: () => stored, away, requests, admit, accept };
}

test('snapshot requests: snapshots are 10 s apart, aborted uploads included', async (t) => {
  const { clock, admit } = setup();
  admit();
  const error = t.throws(() => admit(), { instanceOf: Problem, code: 'snapshot-too-soon' });
  t.like(error, { status: 429, retryAfterSeconds: 10 });
  clock.advance(9_999);
  t.throws(() => admit(), { code: 'snapshot-too-soon' });
  clock.advance(1);
  t.notThrows(() => admit(), 'refused ones delay nothing');
});

test('snapshot requests: agents of one Swarm do not delay each other', (t) => {
  const { admit } = setup({ instances: [onNode('1', 'manager'), onNode('2', 'worker')] });
  admit(0);
  t.notThrows(() => admit(1));
  for (const index of [0, 1]) t.throws(() => admit(index), { code: 'snapshot-too-soon' });
});

test('snapshot requests: all waiting callers get the next one, which may come early', async (t) => {
  const { clock, asked, requests, admit, accept } = setup();
  admit();
  const waiting = [requests.request(30_000), requests.request(30_000)];
  t.is(asked(), 2);
  t.is(requests.requested, 2);
  t.notThrows(() => admit());
  await accept();
  await t.notThrowsAsync(Promise.all(waiting));
  t.is(clock.pending, 0);
  t.throws(() => admit(), { code: 'snapshot-too-soon' }, 'no caller waits any more');
});

test('snapshot requests: a request to a Swarm waits for all agents online', async (t) => {
  const { clock, away, requests, admit, accept } = setup({
    instances: [onNode('1', 'manager'), onNode('2', 'worker'), onNode('3', 'worker')],
  });
  away.add('3');
  let isDone = false;
  const wait = requests.request(30_000).then(() => {
    isDone = true;
  });
  for (const index of [0, 1]) {
    t.false(isDone);
    t.notThrows(() => admit(index));
    await accept(index);
  }
  await wait;
  t.is(clock.pending, 0);
});

test("snapshot requests: a manager's snapshot is enough after three seconds, a worker's is not while a manager is online", async (t) => {
  const { clock, away, requests, accept } = setup({
    instances: [onNode('1', 'manager'), onNode('2', 'worker')],
  });
  const enough = requests.request(30_000);
  await accept(0);
  t.is(clock.pending, 2);
  clock.advance(3_000);
  await enough;
  const late = requests.request(30_000);
  await accept(1);
  clock.advance(30_000);
  await t.throwsAsync(late, { code: 'snapshot-timeout' });
  away.add('1');
  const workers = requests.request(30_000);
  await accept(1);
  await workers;
  t.is(clock.pending, 0);
});

test('snapshot requests: all waits end when the agents are removed', async (t) => {
  const { clock, requests } = setup();
  const waiting = [requests.request(30_000), requests.request(30_000)];
  requests.refuse(problem('environment-not-found'));
  for (const wait of waiting) await t.throwsAsync(wait, { code: 'environment-not-found' });
  t.is(clock.pending, 0);
});

test('snapshot requests: a removed instance leaves nothing behind', (t) => {
  const { requests, admit } = setup();
  admit();
  requests.keep(new Set(['1']));
  t.throws(() => admit(), { code: 'snapshot-too-soon' });
  requests.keep(new Set());
  t.notThrows(() => admit());
});

test('snapshot requests: a write that fails is a change, too: it has deleted those of replaced agents', async (t) => {
  const { failWrites, stored, accept } = setup();
  failWrites(problem('snapshot-space-full'));
  await t.throwsAsync(accept(), { code: 'snapshot-space-full' });
  t.is(stored(), 1);
});
