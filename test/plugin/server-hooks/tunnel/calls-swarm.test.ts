import test, { type ExecutionContext } from 'ava';
import type { TunnelView } from '../../../../plugin/api.js';
import type { TestInstance } from '../../../kit/agent/instance.js';
import { FakeClock } from '../../../kit/clock/fake-clock.js';
import { memberOf, startSwarmAgents } from '../../../kit/swarm/agents.js';
import { until, untilTrue } from '../../../kit/until.js';

const REFUSED = { status: 503, body: { code: 'swarm-manager-unavailable' } };
/** The calls' way ends here: the agents have no engine. */
const PASSED = { status: 502, body: { code: 'engine-unreachable' } };

/**
 * A Swarm whose only known manager is silent, and a worker that has the environment's tunnel. `report` is what its agent
 * does when the hub asks.
 */
async function setup(t: ExecutionContext, report: (agent: TestInstance) => Promise<unknown>) {
  const clock = new FakeClock();
  const agents = await startSwarmAgents(t, clock);
  const { hub, created, path } = agents;
  const known = await agents.join('n1', 'manager');
  clock.advance(3_600_000);
  let asked = 0;
  const agent: TestInstance = await agents.join('n2', 'worker', {
    report: async () => {
      asked++;
      await report(agent);
    },
  });
  await hub.call('POST', path('/tunnel'));
  await agent.open(await agent.prove(await agent.credential()));
  await hub.until(created.id, ({ tunnel }) => tunnel === 'active');
  const calls = async () => (await hub.call<TunnelView>('GET', path('/tunnel'))).body.calls;
  return {
    ...agents,
    clock,
    known,
    calls,
    call: (signal?: AbortSignal) =>
      hub.call<{ code: string }>('GET', path('/docker/services'), undefined, signal),
    asked: () => asked,
    untilAsked: () => untilTrue('a request for a report', () => asked > 0),
  };
}

const claim = { swarmId: 's', nodeId: 'n2', name: 'n2', role: 'manager' } as const;

test('swarm calls: the agent is asked before a refusal, and its own claim alone grants nothing', async (t) => {
  const { known, call, asked } = await setup(t, (agent) => agent.enrol({ node: claim }));
  t.like(await call(), REFUSED, 'a manager without confirmation');
  t.is(asked(), 1);
  await known.client.postSwarm({
    swarmId: 's',
    nodes: [memberOf('n1', 'manager'), memberOf('n2', 'manager')],
  });
  t.like(await call(), PASSED);
  t.is(asked(), 1, 'an allowed call sends no request');
});

test('swarm calls: a report that changes nothing is followed by the refusal; other calls wait for none', async (t) => {
  const { hub, path, call, asked } = await setup(t, async () => undefined);
  t.like(await call(), REFUSED);
  t.like(await hub.call('GET', path('/docker/containers/json')), PASSED);
  t.like(await hub.call('POST', path('/docker/swarm/leave')), PASSED);
  t.is(asked(), 1);
});

test('swarm calls: an agent that does not report delays a call by 7 s at most', async (t) => {
  const { clock, call, calls, untilAsked, asked } = await setup(t, () => new Promise(() => undefined));
  const waiting = Array.from({ length: 50 }, () => call());
  await untilAsked();
  await until(calls, (count) => count === waiting.length);
  clock.advance(7_000);
  for (const answer of await Promise.all(waiting)) t.like(answer, REFUSED);
  t.is(await calls(), 0);
  t.true(asked() <= 2, 'all share one request, and the next');
});

test('swarm calls: a wait for a report ends with its caller', async (t) => {
  const { call, calls, untilAsked } = await setup(t, () => new Promise(() => undefined));
  const leaving = new AbortController();
  const left = call(leaving.signal).catch((error: Error) => error.name);
  await untilAsked();
  t.is(await calls(), 1);
  leaving.abort();
  t.is(await left, 'AbortError');
  await until(calls, (count) => count === 0);
  t.pass();
});

for (const [what, end, expected] of [
  ['its environment', 'DELETE ', { status: 503, body: { code: 'tunnel-closed' } }],
  ['its tunnel', 'DELETE /tunnel', { status: 503, body: { code: 'tunnel-closed' } }],
] as const) {
  test(`swarm calls: a wait for a report ends with ${what}`, async (t) => {
    const { hub, path, call, untilAsked } = await setup(t, () => new Promise(() => undefined));
    const waiting = call();
    await untilAsked();
    const [method = '', rest = ''] = end.split(' ');
    t.is((await hub.call(method, path(rest))).status, 204);
    t.like(await waiting, expected);
  });
}

test('swarm calls: a wait for a report ends with the hub', async (t) => {
  const { hub, call, untilAsked } = await setup(t, () => new Promise(() => undefined));
  const waiting = call().then(
    ({ status }) => status >= 500,
    () => true,
  );
  await untilAsked();
  await hub.stop();
  t.true(await waiting);
});
