import test from 'ava';
import type { SnapshotView } from '../../../../../plugin/api.js';
import { stacksOfList, stacksOfSnapshot } from '../../../../../plugin/ui-panel/engine/model/stack.js';

const container = (Id: string, State: string, Labels: Record<string, string> | null, Node?: string) => ({
  Id,
  Names: [`/${Id}`],
  State,
  Labels,
  ...(Node && { Node: { ID: Node, Name: Node } }),
});
const compose = (project: string, service: string) => ({
  'com.docker.compose.project': project,
  'com.docker.compose.service': service,
});
const swarm = (stack: string, service: string) => ({
  'com.docker.stack.namespace': stack,
  'com.docker.swarm.service.name': `${stack}_${service}`,
});
const service = (Name: string, stack: string | null, RunningTasks: number, DesiredTasks: number) => ({
  ID: `id of ${Name}`,
  Spec: { Name, Labels: stack ? { 'com.docker.stack.namespace': stack } : null },
  ServiceStatus: { RunningTasks, DesiredTasks },
});

test('stacks: a Compose project from its containers’ labels, by service', (t) => {
  const rows = stacksOfList(
    [
      container('shop-web-1', 'running', compose('shop', 'web')),
      container('shop-web-2', 'exited', compose('shop', 'web')),
      container('shop-db-1', 'running', compose('shop', 'db')),
      container('alone', 'running', null),
    ],
    [],
  );
  t.is(rows.length, 1);
  t.like(rows[0], { name: 'shop', kind: 'compose', running: 2, total: 3 });
  t.deepEqual(rows[0]?.services, [
    { name: 'db', running: 1, total: 1 },
    { name: 'web', running: 1, total: 2 },
  ]);
});

test('stacks: projects of the same name on two nodes are separate', (t) => {
  const labels = compose('shop', 'web');
  const rows = stacksOfList(
    [container('a', 'running', labels, 'n1'), container('b', 'running', labels, 'n2')],
    [],
  );
  t.deepEqual(
    rows.map(({ node, containers }) => [node?.id, containers.map(({ id }) => id)]),
    [
      ['n1', ['a']],
      ['n2', ['b']],
    ],
  );
});

test('stacks: a Swarm’s from its managers’ services; its containers are not another stack', (t) => {
  const rows = stacksOfList(
    [container('shop_web.1.x', 'running', swarm('shop', 'web'))],
    [service('shop_web', 'shop', 1, 3), service('shop_job', 'shop', 0, 0), service('other', null, 1, 1)],
  );
  t.is(rows.length, 1);
  t.like(rows[0], { kind: 'swarm', running: 1, total: 3, node: null });
  t.deepEqual(rows[0]?.containers, []);
  t.deepEqual(rows[0]?.services, [
    { name: 'job', running: 0, total: 0 },
    { name: 'web', running: 1, total: 3 },
  ]);
});

test('stacks: without a manager, the engine’s containers', (t) => {
  const [row] = stacksOfList([container('shop_web.1.x', 'running', swarm('shop', 'web'))], null);
  t.like(row, { name: 'shop', kind: 'swarm-part', running: 1, total: 1 });
});

test('stacks: a service’s name without the stack’s prefix stays as it is', (t) => {
  t.deepEqual(stacksOfList([], [service('odd', 'shop', 1, 1)])[0]?.services, [
    { name: 'odd', running: 1, total: 1 },
  ]);
});

test('stacks: a snapshot has both kinds', (t) => {
  const snapshot = {
    containers: [
      { id: 'a', names: ['/a'], state: 'exited', labels: compose('shop', 'web') },
      { id: 'b', names: ['/b'], state: 'running' },
    ],
    swarm: { services: [{ name: 'front_web', stack: 'front', running: 2, desired: 2 }] },
  } as unknown as SnapshotView;
  t.deepEqual(
    stacksOfSnapshot(snapshot).map(({ name, kind, running, total }) => [name, kind, running, total]),
    [
      ['shop', 'compose', 0, 1],
      ['front', 'swarm', 2, 2],
    ],
  );
});
