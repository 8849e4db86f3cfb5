import test from 'ava';
import { nodesOfList } from '../../../../../plugin/ui-panel/engine/model/node.js';
import type { Task } from '../../../../../plugin/ui-panel/engine/model/task.js';
import { sampleNode } from './sample-node.js';

const listed = (ID: string, Role: 'manager' | 'worker') => ({
  ID,
  Spec: { Role, Availability: 'active' },
  Description: {
    Hostname: `host-${ID}`,
    Resources: { NanoCPUs: 1_500_000_000, MemoryBytes: 1_000 },
    Engine: { EngineVersion: '28.0.0' },
  },
  Status: { State: 'ready', Addr: '10.0.0.1' },
  ...(Role === 'manager' && { ManagerStatus: { Leader: true, Reachability: 'reachable' } }),
});
const task = (service: string, node: string, state = 'running') =>
  ({ service, node: { id: node, name: node }, state }) as Task;

test('nodes: data from managers, agents from the hub; managers come first', (t) => {
  const tasks = [
    task('web', 'b'),
    task('db', 'b'),
    task('web', 'b'),
    task('web', 'b', 'failed'),
    task('x', 'a'),
  ];
  const cards = nodesOfList(
    [listed('b', 'worker'), listed('a', 'worker'), listed('c', 'manager')],
    [sampleNode('b'), sampleNode('removed'), sampleNode('stranger', false)],
    tasks,
  );
  t.deepEqual(
    cards.map(({ id, name, agent }) => [id, name, agent?.isLeader ?? null]),
    [
      ['c', 'host-c', null],
      ['a', 'host-a', null],
      ['b', 'host-b', true],
      ['stranger', 'old-stranger', true],
    ],
  );
  t.like(cards[0], {
    isLeader: true,
    reachability: 'reachable',
    engineVersion: '28.0.0',
    cpus: 1.5,
    state: 'ready',
  });
  t.deepEqual(cards[2]?.runs, [
    { service: 'db', count: 1 },
    { service: 'web', count: 2 },
  ]);
  t.is(cards[3]?.runs, null);
});

test('nodes: a node that is joining is named by its id', (t) => {
  const { Description, ...joining } = listed('b', 'worker');
  const cards = nodesOfList(
    [listed('c', 'worker'), joining, { ...joining, ID: 'a', Description: {} }],
    [],
    [],
  );
  t.deepEqual(
    cards.map(({ name, engineVersion, cpus, memoryBytes }) => [name, engineVersion, cpus, memoryBytes]),
    [
      ['a', null, null, null],
      ['b', null, null, null],
      ['host-c', '28.0.0', 1.5, 1_000],
    ],
  );
});
