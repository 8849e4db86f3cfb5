import test, { type ExecutionContext } from 'ava';
import type { TunnelView } from '../../../plugin/api.js';
import { until } from '../../kit/until.js';
import { type Answer, infoWith } from './docker/fake-engine.js';
import { startWholeAgent } from './start-whole-agent.js';

const NODE = { ID: 'n2', Spec: { Role: 'manager' }, ManagerStatus: { Leader: true } };
/** The hub's least time between two questions. */
const REPORT_GAP_MS = 250;
const REFUSAL = { message: 'This node is not a swarm manager.' };

const outside = infoWith({});
const worker = infoWith({ Swarm: { NodeID: 'n1', LocalNodeState: 'active', ControlAvailable: false } });
const manager = infoWith({
  Swarm: { NodeID: 'n2', LocalNodeState: 'active', ControlAvailable: true, Cluster: { ID: 's2' } },
});

const refuse: Answer = (_request, response) => {
  response.writeHead(503, { 'content-type': 'application/json' }).end(JSON.stringify(REFUSAL));
};

/** A complete agent on a worker at a hub, whose clock stops once the tunnel is open. */
async function setup(t: ExecutionContext, settings: object) {
  const answers: Record<string, Answer> = {
    '/info': worker,
    '/nodes': refuse,
  };
  const { engine, clock, hub, id } = await startWholeAgent(t, answers);
  await hub.until(id, ({ status, snapshot }) => status === 'online' && snapshot !== null);
  const call = (path: string) => hub.call<{ code?: string }>('GET', `/api/environments/${id}/docker${path}`);
  const woken = call('/_ping');
  const tunnel = async () => {
    // Slowly: handshakes under way must not miss their deadlines by this clock.
    clock.advance(50);
    return (await hub.view(id)).tunnel;
  };
  await until(tunnel, (state) => state === 'active', { everyMs: 5 });
  t.is((await woken).status, 200);
  await hub.call('PATCH', '/api/settings', settings);
  clock.advance(100);
  await call('/_ping');
  const callsUnderWay = async () =>
    (await hub.call<TunnelView>('GET', `/api/environments/${id}/tunnel`)).body.calls;
  return { clock, answers, engine, call, callsUnderWay };
}

for (const [how, settings] of [
  ['holds its check-ins', { heldCheckIns: true, snapshotSeconds: 0 }],
  ['polls once an hour', { heldCheckIns: false, checkInSeconds: 3_600, snapshotSeconds: 0 }],
] as const) {
  test(`agent: one that ${how} reports its engine's new place before a Swarm call is refused`, async (t) => {
    for (const [info, nodes, expected] of [
      [manager, [NODE], { status: 200, body: [NODE] }],
      [outside, refuse, { status: 503, body: REFUSAL }],
    ] as const) {
      const { clock, answers, call } = await setup(t, settings);
      const refused = await call('/nodes');
      t.like(refused.body, { code: 'swarm-manager-unavailable' }, 'a worker');
      clock.advance(REPORT_GAP_MS);
      Object.assign(answers, { '/info': info, '/nodes': nodes });
      t.like(await call('/nodes'), expected, 'the engine answers');
    }
  });
}

test('agent: calls that are refused together share an evaluation of the engine', async (t) => {
  const { clock, answers, engine, call, callsUnderWay } = await setup(t, {
    heldCheckIns: true,
    snapshotSeconds: 0,
  });
  let isHeld = true;
  const held: (() => void)[] = [];
  answers['/info'] = (_request, response) => {
    const answer = () => void response.end(JSON.stringify(worker));
    if (isHeld) held.push(answer);
    else answer();
  };
  const evaluations = () => engine.requests.filter((line) => line.endsWith('/info')).length;
  const before = evaluations();
  const calls = Array.from({ length: 40 }, () => call('/nodes'));
  await until(callsUnderWay, (count) => held.length > 0 && count === calls.length);
  isHeld = false;
  clock.advance(REPORT_GAP_MS);
  for (const answer of held) answer();
  for (const { body } of await Promise.all(calls)) t.is(body.code, 'swarm-manager-unavailable');
  t.is(evaluations() - before, 2, 'the one in progress, and one that started after all calls');
});
