import test from 'ava';
import type { Environment, Instance } from '../../../../plugin/server-hooks/model/environment.js';
import { waysToNodes } from '../../../../plugin/server-hooks/swarm/known-nodes.js';
import { requireNode } from '../../../../plugin/server-hooks/swarm/require-node.js';
import type { SwarmMember } from '../../../../protocol/messages/agent-calls.js';
import { Problem } from '../../../../protocol/problems.js';
import { sampleEnvironment } from '../store/sample-environment.js';

function agentOf(nodeId: string, name: string): Instance {
  const [sample] = sampleEnvironment(1).instances;
  if (!sample) throw new Error('no sample');
  return { ...sample, id: `agent of ${nodeId}`, node: { swarmId: 's', nodeId, name, role: 'worker' } };
}

function swarmOf(
  instances: readonly Instance[],
  reported: readonly [id: string, name: string][] | null = null,
  swarm: Environment['swarm'] = { id: 's', managers: ['n9'] },
) {
  const member = ([id, name]: [string, string]): SwarmMember => ({
    id,
    name,
    role: 'worker',
    availability: 'active',
    state: 'ready',
    isLeader: false,
    reachability: null,
    engineVersion: '',
    cpus: 1,
    memoryBytes: 1,
  });
  const members = reported && new Map(reported.map((each) => [each[0], member([...each])]));
  return { environment: sampleEnvironment(1, { instances, swarm }), members };
}

test('known nodes: managers first, then by name, each with the target of its agent', (t) => {
  const agents = [agentOf('n2', 'b'), agentOf('n3', 'a'), agentOf('n1', 'b'), agentOf('n9', 'z')];
  const { environment, members } = swarmOf(agents);
  const to = (id: string) => ({ environmentId: 1, instanceId: `agent of ${id}` });
  t.deepEqual(waysToNodes(environment, members), [
    { id: 'n9', name: 'z', target: to('n9') },
    { id: 'n3', name: 'a', target: to('n3') },
    { id: 'n1', name: 'b', target: to('n1') },
    { id: 'n2', name: 'b', target: to('n2') },
  ]);
});

test('known nodes: a manager’s report decides; a node without an agent is listed, an agent without a node is not', (t) => {
  const { environment, members } = swarmOf(
    [agentOf('n1', 'claimed'), agentOf('n7', 'invented')],
    [
      ['n1', 'reported'],
      ['n2', 'bare'],
    ],
  );
  const [bare, reported, ...more] = waysToNodes(environment, members);
  t.like(reported, { id: 'n1', name: 'reported', target: { instanceId: 'agent of n1' } });
  t.like(bare, { id: 'n2', name: 'bare' });
  t.true(bare?.target instanceof Problem && bare.target.code === 'node-without-agent');
  t.deepEqual(more, []);
});

test('known nodes: an environment outside a Swarm has none, in spite of an earlier report', (t) => {
  const { environment, members } = swarmOf([{ ...agentOf('x', 'x'), node: null }], [['n1', 'old']], null);
  t.deepEqual(waysToNodes(environment, members), []);
});

test('known nodes: workers without a manager are nodes, too', (t) => {
  const { environment, members } = swarmOf([agentOf('n1', 'a')], null, null);
  t.like(waysToNodes(environment, members), { 0: { id: 'n1' }, length: 1 });
});

test('require node: an id takes precedence over a name; a name may be percent-encoded', (t) => {
  const { environment, members } = swarmOf([agentOf('n1', 'n2'), agentOf('n2', 'höst 2')]);
  t.is(requireNode(environment, 'n2', members).instanceId, 'agent of n2');
  t.is(requireNode(environment, 'h%C3%B6st%202', members).instanceId, 'agent of n2');
});

test('require node: a name of no node, of several, or of one without an agent is refused', (t) => {
  const { environment, members } = swarmOf(
    [agentOf('n1', 'a')],
    [
      ['n1', 'twin'],
      ['n2', 'twin'],
      ['n3', 'bare'],
    ],
  );
  for (const [node, code, status] of [
    ['a', 'node-not-found', 404],
    ['%', 'node-not-found', 404],
    ['__proto__', 'node-not-found', 404],
    ['twin', 'node-ambiguous', 409],
    ['bare', 'node-without-agent', 503],
  ] as const) {
    t.like(
      t.throws(() => requireNode(environment, node, members)),
      { code, status },
      node,
    );
  }
});
