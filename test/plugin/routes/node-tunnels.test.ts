import { setTimeout as delay } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import type { NodeList, TunnelView } from '../../../plugin/api.js';
import { startAgent } from '../../helpers/agent.js';
import { http, startHostileEngine } from '../../helpers/hostile-engine.js';
import { startPlugin } from '../../helpers/plugin.js';

const WORKER = {
  ID: 'worker',
  Name: 'one',
  Swarm: { NodeID: 'n1', LocalNodeState: 'active', ControlAvailable: false },
};

/** An agent on the only node of a Swarm, whose tunnels close after five seconds without use. */
async function setup(t: ExecutionContext) {
  const hub = await startPlugin(t);
  const { id, edgeId, edgeKey } = await hub.create({ name: 'swarm' });
  const { socketPath } = await startHostileEngine(t, {
    info: http('application/json', JSON.stringify(WORKER)),
    events: () => {},
  });
  const env = { EDGE_INACTIVITY_TIMEOUT: '5s' };
  await startAgent(t, { edgeId: edgeId ?? '', edgeKey, engine: socketPath, env });
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

test('node tunnels: an agent has its node’s beside the environment’s; to close the environment ends both', async (t) => {
  const { hub, path, states, keepNodeAlive, ping } = await setup(t);
  t.like(await keepNodeAlive(), { state: 'idle', openedAt: null }, 'a keep-alive wakes nothing');
  await ping();
  t.deepEqual(await states(), ['active', 'active']);
  const asked = ['', '/nodes/n1'].map((at) => hub.call<{ code: string }>('GET', path(`${at}/docker/events`)));
  const callsOf = async () => (await hub.call<TunnelView>('GET', path('/tunnel'))).body.calls;
  while ((await callsOf()) === 0 || (await keepNodeAlive()).calls === 0) await delay(10);
  t.is((await hub.call('DELETE', path('/tunnel'))).status, 204);
  t.deepEqual(await states(), ['idle', 'idle']);
  for (const { status, body } of await Promise.all(asked)) {
    t.like({ status, ...body }, { status: 503, code: 'tunnel-closed' });
  }
  await ping();
});

test('node tunnels: a keep-alive for the node keeps its tunnel, and no other', async (t) => {
  const { states, keepNodeAlive, ping } = await setup(t);
  await ping();
  const deadline = Date.now() + 60_000;
  while ((await states())[0] !== 'idle' && Date.now() < deadline) {
    await keepNodeAlive();
    await delay(100);
  }
  t.deepEqual(await states(), ['idle', 'active']);
  while ((await states())[1] !== 'idle' && Date.now() < deadline) await delay(100);
  t.deepEqual(await states(), ['idle', 'idle'], 'without any it sleeps, too');
});
