import test, { type ExecutionContext } from 'ava';
import type { TunnelView } from '../../../../plugin/api.js';
import type { TestInstance } from '../../../kit/agent/instance.js';
import { FakeClock } from '../../../kit/clock/fake-clock.js';
import { memberOf, startSwarmAgents } from '../../../kit/swarm/agents.js';
import { until } from '../../../kit/until.js';

const REFUSED = { status: 503, body: { code: 'swarm-manager-unavailable' } };
/** The call passed the check: the agents have no engine. */
const PASSED = { status: 502, body: { code: 'engine-unreachable' } };

const place = (role: 'worker' | 'manager') => ({
  swarmId: role === 'manager' ? 's' : '',
  nodeId: 'n2',
  name: 'n2',
  role,
});
const never = () => new Promise<void>(() => undefined);

interface Setup {
  readonly isLeaderOffline?: boolean;
  readonly leader?: (agent: TestInstance) => Promise<unknown>;
  readonly node?: (agent: TestInstance) => Promise<unknown>;
}

/** What a manager's agent does when it is asked after the promotion of `n2`. */
const confirm = (agent: TestInstance) =>
  agent.client.postSwarm({ swarmId: 's', nodes: [memberOf('n1', 'manager'), memberOf('n2', 'manager')] });
/** What the agent of `n2` does after its promotion. */
const claim = (agent: TestInstance) => agent.enrol({ node: place('manager') });

/** A Swarm of the known manager `n1` and the worker `n2`, whose node's tunnel is open. */
async function setup(t: ExecutionContext, options: Setup = {}) {
  const clock = new FakeClock();
  const agents = await startSwarmAgents(t, clock);
  const { hub, created, path } = agents;
  const asked: string[] = [];
  const leader: TestInstance = await agents.join('n1', 'manager', {
    report: async () => {
      asked.push('n1');
      await (options.leader ?? confirm)(leader);
    },
  });
  if (options.isLeaderOffline) clock.advance(3_600_000);
  const node: TestInstance = await agents.join('n2', 'worker', {
    report: async () => {
      asked.push('n2');
      await (options.node ?? claim)(node);
    },
  });
  const ping = hub.call('GET', path('/nodes/n2/docker/_ping'));
  const credentialOf = async (agent: TestInstance, purpose: 'environment' | 'node') => {
    const read = () => agent.credential(purpose).catch(() => '');
    return until(read, (sealed) => sealed !== '');
  };
  const open = async (agent: TestInstance, purpose: 'environment' | 'node') =>
    agent.open(await agent.prove(await credentialOf(agent, purpose), 300_000, purpose));
  await open(node, 'node');
  t.like(await ping, PASSED);
  return {
    clock,
    leader,
    node,
    asked,
    state: async () => (await hub.view(created.id)).tunnel,
    /** Of the environment's own tunnel. */
    calls: async () => (await hub.call<TunnelView>('GET', path('/tunnel'))).body.calls,
    openEnvironment: async (agent: TestInstance) => {
      await hub.call('POST', path('/tunnel'));
      await open(agent, 'environment');
      await hub.until(created.id, ({ tunnel }) => tunnel === 'active');
    },
    open,
    call: () => hub.call<{ code: string }>('GET', path('/nodes/n2/docker/services')),
  };
}

test('leader reports: a newly promoted node is confirmed by the leader, which is asked as well', async (t) => {
  const { leader, asked, openEnvironment, call } = await setup(t);
  await openEnvironment(leader);
  t.like(await call(), PASSED);
  t.deepEqual(asked.sort(), ['n1', 'n2']);
});

test('leader reports: the tunnel of a leader that sleeps is opened, used and released', async (t) => {
  const { leader, state, calls, open, call } = await setup(t);
  t.is(await state(), 'idle');
  const waiting = call();
  await until(state, (now) => now === 'required');
  await open(leader, 'environment');
  t.like(await waiting, PASSED);
  t.is(await state(), 'active');
  t.is(await calls(), 0);
});

test('leader reports: a leader that does not open its tunnel delays a call by 7 s at most', async (t) => {
  const { clock, state, calls, call } = await setup(t);
  const waiting = call();
  await until(state, (now) => now === 'required');
  t.is(await calls(), 1);
  clock.advance(7_000);
  t.like(await waiting, REFUSED);
  t.is(await calls(), 0);
});

test('leader reports: a Swarm call to a worker wakes no leader', async (t) => {
  const { asked, state, call } = await setup(t, { node: async () => undefined });
  t.like(await call(), REFUSED);
  t.is(await state(), 'idle');
  t.deepEqual(asked, ['n2']);
});

test('leader reports: a call continues as soon as one report is enough', async (t) => {
  const { leader, asked, calls, openEnvironment, call } = await setup(t, { leader: never });
  await openEnvironment(leader);
  await confirm(leader);
  t.like(await call(), PASSED, 'n1 does not answer, and no time passes');
  t.deepEqual(asked.sort(), ['n1', 'n2']);
  t.is(await calls(), 0);
});

test('leader reports: an agent that is node and leader is asked once', async (t) => {
  const { node, asked, openEnvironment, call } = await setup(t, { isLeaderOffline: true });
  await openEnvironment(node);
  t.like(await call(), REFUSED);
  t.deepEqual(asked, ['n2']);
});
