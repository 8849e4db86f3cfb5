import test, { type ExecutionContext } from 'ava';
import { Engine } from '../../../../agent-image/src/docker/engine.js';
import { swarmReport } from '../../../../agent-image/src/docker/swarm-report.js';
import { MAX_SWARM_NODES, swarmReportSchema } from '../../../../protocol/messages/agent-calls.js';
import { systemClock } from '../../../../protocol/time/clock.js';
import { type Answer, startFakeEngine } from './fake-engine.js';

const MANAGER = {
  engineId: 'e',
  node: { swarmId: 's', nodeId: 'n1', name: 'one', role: 'manager' as const },
};

async function report(
  t: ExecutionContext,
  nodes: Answer,
  facts: Parameters<typeof swarmReport>[1] = MANAGER,
) {
  const { address } = await startFakeEngine(t, { '/nodes': nodes });
  return swarmReport(new Engine(address, systemClock), facts);
}

test('swarm report: has for each node what the hub needs, in order of the ids', async (t) => {
  const nodes = [
    { ID: 'n2', Spec: { Role: 'worker', Availability: 'drain' }, Description: { Hostname: 'two' } },
    {
      ID: 'n1',
      Spec: { Role: 'manager', Availability: 'active' },
      Description: {
        Hostname: 'one',
        Engine: { EngineVersion: '28.0.1' },
        Resources: { NanoCPUs: 2_500_000_000, MemoryBytes: 1024 },
      },
      Status: { State: 'ready' },
      ManagerStatus: { Leader: true, Reachability: 'reachable' },
    },
  ];
  t.deepEqual(await report(t, nodes), {
    swarmId: 's',
    nodes: [
      {
        id: 'n1',
        name: 'one',
        role: 'manager',
        availability: 'active',
        state: 'ready',
        isLeader: true,
        reachability: 'reachable',
        engineVersion: '28.0.1',
        cpus: 2.5,
        memoryBytes: 1024,
      },
      {
        id: 'n2',
        name: 'two',
        role: 'worker',
        availability: 'drain',
        state: 'unknown',
        isLeader: false,
        reachability: null,
        engineVersion: '',
        cpus: 0,
        memoryBytes: 0,
      },
    ],
  });
});

test('swarm report: workers, engines outside a Swarm and managers without a quorum report nothing', async (t) => {
  const { node } = MANAGER;
  t.is(await report(t, [], { node: { ...node, role: 'worker' } }), null);
  t.is(await report(t, [], { node: { ...node, swarmId: '' } }), null);
  t.is(await report(t, [], { node: null }), null);
  const noQuorum: Answer = (_, response) =>
    void response.writeHead(500).end('{"message":"The swarm does not have a leader"}');
  t.is(await report(t, noQuorum), null);
});

for (const [what, answer] of Object.entries<Answer>({
  'no list': { nodes: [] },
  'no JSON': (_, response) => void response.end('<html>'),
  'entries of other types': [null, 1, 'x', [], { ID: 5, Spec: 'x', Description: [], ManagerStatus: 7 }],
  'endless texts': [{ ID: 'x'.repeat(10_000), Description: { Hostname: 'y'.repeat(10_000) } }],
  'numbers that are none': [{ Description: { Resources: { NanoCPUs: -1, MemoryBytes: '1' } } }],
  'more nodes than the hub accepts': Array.from({ length: MAX_SWARM_NODES + 1 }, (_, n) => ({ ID: `n${n}` })),
})) {
  test(`swarm report: of ${what} comes nothing that the hub would refuse`, async (t) => {
    const reported = await report(t, answer);
    t.true(reported === null || swarmReportSchema.safeParse(reported).success);
  });
}
