import test from 'ava';
import type { Instance } from '../../../../plugin/server-hooks/model/environment.js';
import { describeEnvironment } from '../../../../plugin/server-hooks/views/status/describe-environment.js';
import { describeNodes } from '../../../../plugin/server-hooks/views/status/describe-nodes.js';
import { FakeClock } from '../../../kit/clock/fake-clock.js';
import { liveEnvironments } from '../../../kit/hub/live-environments.js';
import { MemoryStore } from '../../../kit/hub/memory-store.js';
import { NO_SNAPSHOTS } from '../../../kit/hub/no-swarm.js';
import { memberOf } from '../../../kit/swarm/agents.js';
import { sampleEnvironment } from '../store/sample-environment.js';

const IDS = ['00000000-1111-4222-8333-444455556666', '00000000-1111-4222-8333-444455556667'] as const;

/** A trusted manager on `n`, and an agent that claims its node `m` is one, too. */
function setup() {
  const clock = new FakeClock();
  const [trusted] = sampleEnvironment(1).instances;
  if (!trusted) throw new Error('no sample');
  const claiming: Instance = {
    ...trusted,
    id: IDS[1],
    node: { swarmId: 's', nodeId: 'm', name: 'other', role: 'manager' },
  };
  const store = new MemoryStore();
  store.put(sampleEnvironment(1, { instances: [trusted, claiming] }));
  const environment = () => store.environment(1) ?? sampleEnvironment(1);
  const live = liveEnvironments({ clock, store });
  const { presence, roster } = live.of(1);
  const sources = { clock, live, snapshots: NO_SNAPSHOTS };
  const facts = { engine: 'up', problem: null } as const;
  const pass = (seconds: number) => {
    for (let second = 0; second < seconds; second++) {
      clock.advance(1_000);
      for (const id of IDS) presence.recordCheckIn(id, 5_000, facts);
    }
  };
  for (const id of IDS) presence.enrolled(id, 5_000);
  const problem = () => describeEnvironment(environment(), sources).problem?.code ?? null;
  const nodeProblem = () =>
    describeNodes(environment(), sources).find(({ id }) => id === 'm')?.agent?.problem ?? null;
  const sendReport = (...nodes: ReturnType<typeof memberOf>[]) =>
    roster.accept(trusted, { swarmId: 's', nodes: [memberOf('n', 'manager'), ...nodes] });
  return { clock, pass, sendReport, problem, nodeProblem };
}

test('manager claim: is a problem once the trusted managers had time to confirm it and did not', async (t) => {
  const { pass, sendReport, problem, nodeProblem } = setup();
  await sendReport();
  pass(15);
  t.is(problem(), null);
  pass(1);
  t.is(problem(), 'manager-unconfirmed');
  t.is(nodeProblem(), 'manager-unconfirmed');
  await sendReport(memberOf('m', 'worker'));
  t.is(problem(), null, 'the Swarm is changing: both sides poll again');
  pass(16);
  t.is(problem(), 'manager-unconfirmed', 'it is a worker');
  await sendReport(memberOf('m', 'manager'));
  t.is(problem(), null);
  pass(60);
  t.is(problem(), null);
});

test('manager claim: of an offline agent is not a problem', async (t) => {
  const { clock, pass, sendReport, problem } = setup();
  await sendReport();
  pass(16);
  t.is(problem(), 'manager-unconfirmed');
  clock.advance(60_000);
  t.is(problem(), null);
});
