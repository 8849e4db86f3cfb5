import test, { type ExecutionContext } from 'ava';
import type { NodeList, TunnelView } from '../../../../plugin/api.js';
import { startAgent } from '../../../kit/agent/agent.js';
import { FakeClock } from '../../../kit/clock/fake-clock.js';
import { startScriptedEngine } from '../../../kit/engine/scripted-engine.js';
import { httpAnswer } from '../../../kit/engine/scripts.js';
import { startPlugin } from '../../../kit/hub/plugin.js';
import { startSwarmAgents } from '../../../kit/swarm/agents.js';
import { until } from '../../../kit/until.js';

const WORKER = {
  ID: 'worker',
  Name: 'one',
  Swarm: { NodeID: 'n1', LocalNodeState: 'active', ControlAvailable: false },
};

/** An agent on the only node of a Swarm. */
async function setup(t: ExecutionContext) {
  const hub = await startPlugin(t);
  const { id, edgeId, edgeKey } = await hub.createEnvironment({ name: 'swarm' });
  const { socketPath } = await startScriptedEngine(t, {
    info: httpAnswer('application/json', JSON.stringify(WORKER)),
    events: () => {},
  });
  await startAgent(t, { edgeId: edgeId ?? '', edgeKey, engine: socketPath });
  await hub.until(id, ({ status }) => status === 'online', 60_000);
  const path = (rest: string) => `/api/environments/${id}${rest}`;
  const nodeTunnel = async () =>
    (await hub.call<NodeList>('GET', path('/nodes'))).body.items[0]?.agent?.tunnel;
  return {
    hub,
    path,
    /** Of the environment, and of the node. */
    states: async () => [(await hub.view(id)).tunnel, await nodeTunnel()],
    keepNodeAlive: async () => (await hub.call<TunnelView>('POST', path('/nodes/n1/keep-alive'))).body,
    ping: async () => {
      for (const at of ['', '/nodes/n1']) {
        t.is((await hub.call('GET', path(`${at}/docker/_ping`))).status, 200);
      }
    },
  };
}

test('node tunnels: an agent has its node’s and the environment’s; closing the environment ends both', async (t) => {
  const { hub, path, states, keepNodeAlive, ping } = await setup(t);
  t.like(await keepNodeAlive(), { state: 'idle', openedAt: null }, 'a keep-alive wakes nothing');
  await ping();
  t.deepEqual(await states(), ['active', 'active']);
  const asked = ['', '/nodes/n1'].map((at) => hub.call<{ code: string }>('GET', path(`${at}/docker/events`)));
  const callsOf = async () => (await hub.call<TunnelView>('GET', path('/tunnel'))).body.calls;
  await until(callsOf, (count) => count > 0);
  await until(keepNodeAlive, ({ calls }) => calls > 0);
  t.is((await hub.call('DELETE', path('/tunnel'))).status, 204);
  t.deepEqual(await states(), ['idle', 'idle']);
  for (const { status, body } of await Promise.all(asked)) {
    t.like({ status, ...body }, { status: 503, code: 'tunnel-closed' });
  }
  await ping();
});

test('node tunnels: a keep-alive for the node prolongs its tunnel, and no other', async (t) => {
  const clock = new FakeClock();
  const { hub, created, path, join, nodes } = await startSwarmAgents(t, clock);
  await join('n1', 'worker');
  const states = async () => [(await hub.view(created.id)).tunnel, (await nodes())[0]?.agent?.tunnel];
  const keepNodeAlive = async () => (await hub.call<TunnelView>('POST', path('/nodes/n1/keep-alive'))).body;
  await hub.call('POST', path('/tunnel'));
  const leaving = new AbortController();
  const call = hub.call('GET', path('/nodes/n1/docker/_ping'), undefined, leaving.signal).catch(() => null);
  await until(keepNodeAlive, ({ calls }) => calls > 0);
  leaving.abort();
  await call;
  await until(keepNodeAlive, ({ calls }) => calls === 0);
  t.deepEqual(await states(), ['required', 'required']);
  clock.advance(200_000);
  t.like(await keepNodeAlive(), { state: 'required', progress: 'waiting-for-agent' });
  clock.advance(200_000);
  t.deepEqual(await states(), ['idle', 'required']);
  clock.advance(100_000);
  t.deepEqual(await states(), ['idle', 'idle']);
  t.like(await keepNodeAlive(), { state: 'idle', progress: null });
});
