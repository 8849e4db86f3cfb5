import test, { type ExecutionContext } from 'ava';
import pino from 'pino';
import { Engine } from '../../../../agent-image/src/docker/engine.js';
import { EngineWatch } from '../../../../agent-image/src/docker/engine-watch.js';
import type { SwarmReport } from '../../../../protocol/messages/agent-calls.js';
import { systemClock } from '../../../../protocol/time/clock.js';
import { FakeClock } from '../../../kit/clock/fake-clock.js';
import { untilTrue } from '../../../kit/until.js';
import { type Answer, infoWith, startFakeEngine } from './fake-engine.js';

const WATCH_MS = 5_000;
const NODES = [
  { ID: 'n1', Spec: { Role: 'manager', Availability: 'active' }, Description: { Hostname: 'a' } },
];

function swarmInfo(role: 'manager' | 'worker', nodeId = 'n1') {
  const Cluster = role === 'manager' ? { ID: 's' } : undefined;
  return infoWith({
    Swarm: { NodeID: nodeId, LocalNodeState: 'active', ControlAvailable: role === 'manager', Cluster },
  });
}

async function setup(t: ExecutionContext, answers: Record<string, Answer>) {
  const clock = new FakeClock();
  const seen: string[] = [];
  const reports: (SwarmReport | null)[] = [];
  let evaluations = 0;
  const fake = await startFakeEngine(t, answers);
  const watch = new EngineWatch({
    engine: new Engine(fake.address, systemClock),
    clock,
    logger: pino({ level: 'silent' }),
    onState: () => seen.push('state'),
    onEngine: () => seen.push('engine'),
    onNode: () => seen.push('node'),
    onReport: (report) => {
      evaluations++;
      reports.push(report);
    },
  });
  t.teardown(() => watch.stop());
  /** Starts the next evaluation, and waits for its end. */
  const evaluate = async () => {
    const before = evaluations;
    clock.advance(WATCH_MS);
    await untilTrue('an evaluation', () => evaluations !== before, { everyMs: 1 });
  };
  return { clock, seen, reports, fake, watch, evaluate };
}

test('engine watch: the first evaluation notifies of the report only, and steady ones of the same', async (t) => {
  const { seen, reports, watch, evaluate } = await setup(t, {
    '/info': swarmInfo('manager'),
    '/nodes': NODES,
  });
  await watch.start();
  await evaluate();
  t.deepEqual(seen, []);
  t.is(watch.state, 'up');
  t.deepEqual(
    reports.map((report) => report?.nodes.map(({ id }) => id)),
    [['n1'], ['n1']],
  );
});

test('engine watch: a promotion, a demotion and a node that left are seen once each', async (t) => {
  const answers: Record<string, Answer> = { '/info': swarmInfo('worker'), '/nodes': NODES };
  const { seen, reports, watch, evaluate } = await setup(t, answers);
  await watch.start();
  for (const info of [swarmInfo('manager'), swarmInfo('worker'), infoWith({})]) {
    answers['/info'] = info;
    await evaluate();
    await evaluate();
  }
  t.deepEqual(seen, ['node', 'node', 'node']);
  t.deepEqual(
    reports.map((report) => report !== null),
    [false, true, true, false, false, false, false],
    'workers report nothing',
  );
});

for (const state of ['pending', 'locked', 'error']) {
  const between = infoWith({ Swarm: { NodeID: '', LocalNodeState: state, ControlAvailable: false } });

  test(`engine watch: an engine that is ${state} keeps the place it had`, async (t) => {
    const answers: Record<string, Answer> = { '/info': swarmInfo('manager'), '/nodes': NODES };
    const { seen, watch, evaluate } = await setup(t, answers);
    await watch.start();
    answers['/info'] = between;
    await evaluate();
    t.like(watch.facts, { node: { nodeId: 'n1', role: 'manager' }, isPlaceKnown: true });
    answers['/info'] = infoWith({});
    await evaluate();
    t.like(watch.facts, { node: null, isPlaceKnown: true });
    t.deepEqual(seen, ['node']);
  });

  test(`engine watch: an engine that is ${state} at the start has no known place until it settles`, async (t) => {
    const answers: Record<string, Answer> = { '/info': between, '/nodes': NODES };
    const { seen, watch, evaluate } = await setup(t, answers);
    await watch.start();
    t.like(watch.facts, { node: null, isPlaceKnown: false });
    answers['/info'] = infoWith({});
    await evaluate();
    t.deepEqual(seen, ['node'], 'outside of a Swarm is a place, too');
  });
}

test('engine watch: an engine that stops answering, and answers again, is seen once each', async (t) => {
  const answers: Record<string, Answer> = {};
  const { seen, reports, watch, evaluate } = await setup(t, answers);
  await watch.start();
  answers['/_ping'] = (request) => void request.socket.destroy();
  await evaluate();
  await evaluate();
  t.is(watch.state, 'down');
  delete answers['/_ping'];
  await evaluate();
  t.is(watch.state, 'up');
  t.deepEqual(seen, ['state', 'state', 'engine']);
  t.deepEqual(reports, [null, null, null, null]);
});

test('engine watch: an engine that answers only after the start is a new place in the Swarm', async (t) => {
  const answers: Record<string, Answer> = {
    '/info': swarmInfo('worker'),
    '/_ping': (request) => void request.socket.destroy(),
  };
  const { seen, watch, evaluate } = await setup(t, answers);
  await watch.start();
  t.is(watch.facts, null);
  delete answers['/_ping'];
  await evaluate();
  t.is(watch.facts?.node?.nodeId, 'n1');
  t.deepEqual(seen, ['state', 'engine', 'node']);
});

test('engine watch: a slow evaluation is not joined by another, and none starts after stop', async (t) => {
  let release = () => {};
  const { clock, watch, fake, evaluate } = await setup(t, {
    '/info': (_, response) => {
      release = () => response.end(JSON.stringify(infoWith({})));
    },
  });
  const started = watch.start();
  await untilTrue('the first GET /info', () => fake.requests.includes('GET /info'), { everyMs: 1 });
  clock.advance(3 * WATCH_MS);
  release();
  await started;
  t.is(fake.requests.filter((line) => line === 'GET /_ping').length, 1);
  const again = evaluate();
  await untilTrue(
    'the second GET /info',
    () => fake.requests.filter((line) => line === 'GET /info').length >= 2,
    { everyMs: 1 },
  );
  release();
  await again;
  watch.stop();
  watch.stop();
  t.is(clock.pending, 0);
});

test('engine watch: a manager that has lost its quorum is still where it was', async (t) => {
  const answers: Record<string, Answer> = { '/info': swarmInfo('manager'), '/nodes': NODES };
  const { seen, watch, evaluate } = await setup(t, answers);
  await watch.start();
  const node = watch.facts?.node;
  answers['/info'] = infoWith({
    Swarm: { NodeID: 'n1', LocalNodeState: 'active', ControlAvailable: true, Cluster: { ID: '' } },
  });
  await evaluate();
  t.deepEqual(seen, []);
  t.deepEqual(watch.facts?.node, node);
});

test('engine watch: why the engine cannot be used is known, and another reason is reported', async (t) => {
  const answers: Record<string, Answer> = { '/_ping': (request) => void request.socket.destroy() };
  const { seen, watch, evaluate } = await setup(t, answers);
  await watch.start();
  t.is(watch.problem, 'engine-bad-response');
  answers['/_ping'] = (_, response) => void response.writeHead(403).end('<html>Forbidden</html>');
  await evaluate();
  t.like(watch, { state: 'down', problem: 'engine-refused' });
  await evaluate();
  delete answers['/_ping'];
  await evaluate();
  t.like(watch, { state: 'up', problem: null });
  t.deepEqual(seen, ['state', 'state', 'engine', 'node'].slice(0, seen.length));
});

test('engine watch: an engine that was replaced is reported once', async (t) => {
  const answers: Record<string, Answer> = { '/info': infoWith({}) };
  const { seen, watch, evaluate } = await setup(t, answers);
  await watch.start();
  answers['/info'] = infoWith({ ID: 'ANOTHER' });
  await evaluate();
  await evaluate();
  t.deepEqual(seen, ['engine']);
});
