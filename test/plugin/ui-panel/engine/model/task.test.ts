import test from 'ava';
import type { SnapshotView } from '../../../../../plugin/api.js';
import {
  isChanging,
  taskOrder,
  tasksOfList,
  tasksOfSnapshot,
} from '../../../../../plugin/ui-panel/engine/model/task.js';
import { taskTone } from '../../../../../plugin/ui-panel/resources/tones.js';

const AT = '2026-01-02T03:04:05.678901234Z';
const task = (ID: string, State: string, more: object = {}) => ({
  ID,
  ServiceID: 's1',
  NodeID: 'n1',
  DesiredState: 'running',
  Spec: { ContainerSpec: { Image: 'web:1@sha256:abc' } },
  Status: { State, Timestamp: AT },
  ...more,
});
const SERVICES = new Map([['s1', 'web']]);
const NODES = new Map([['n1', 'one']]);

test('tasks: named as in docker, with service, node, error and container', (t) => {
  const error = { State: 'failed', Timestamp: AT, Err: 'exit 1', ContainerStatus: { ContainerID: 'c1' } };
  const rows = tasksOfList(
    [
      task('a', 'failed', { Slot: 2, Status: error }),
      task('b', 'running'),
      task('c', 'pending', { NodeID: '', Slot: 1 }),
      task('d', 'running', { ServiceID: 's9', NodeID: 'n9' }),
    ],
    SERVICES,
    NODES,
  );
  t.deepEqual(
    rows.map(({ name }) => name),
    ['web.2', 'web.one', 'web.1', 's9.n9'],
  );
  t.deepEqual(rows[0], {
    id: 'a',
    name: 'web.2',
    service: 'web',
    node: { id: 'n1', name: 'one' },
    image: 'web:1',
    state: 'failed',
    desired: 'running',
    error: 'exit 1',
    changedAtMs: Date.parse('2026-01-02T03:04:05.678Z'),
    containerId: 'c1',
  });
  t.is(rows[2]?.node, null);
});

test('tasks: sorted by phase: failed, starting, running, ended', (t) => {
  const states = ['shutdown', 'running', 'preparing', 'rejected', 'complete', 'failed'];
  const rows = tasksOfList(
    states.map((state, slot) => task(state, state, { Slot: slot + 1 })),
    SERVICES,
    NODES,
  );
  const sorted = rows.toSorted((one, other) => taskOrder(one).localeCompare(taskOrder(other)));
  t.deepEqual(
    sorted.map(({ state }) => state),
    ['rejected', 'failed', 'preparing', 'running', 'shutdown', 'complete'],
  );
  t.deepEqual(
    sorted.map((row) => taskTone(row)),
    ['bad', 'bad', 'busy', 'good', 'quiet', 'quiet'],
  );
});

test('tasks: one whose state differs from the desired one is changing; one that waits for a node is not', (t) => {
  t.true(isChanging({ state: 'starting', desired: 'running' }));
  t.true(isChanging({ state: 'running', desired: 'shutdown' }));
  t.false(isChanging({ state: 'running', desired: 'running' }));
  t.false(isChanging({ state: 'pending', desired: 'running' }));
  t.false(isChanging({ state: 'failed', desired: 'shutdown' }));
});

test('tasks: a snapshot’s have the same names; none without a manager’s part', (t) => {
  const listed = {
    id: 'a',
    serviceId: 's1',
    nodeId: 'n1',
    slot: 1,
    state: 'running',
    desiredState: 'running',
    error: '',
    containerId: 'c1',
    changedAt: AT,
  };
  const swarm = {
    members: [{ id: 'n1', name: 'one' }],
    services: [{ id: 's1', name: 'web' }],
    tasks: [listed],
  };
  const [row] = tasksOfSnapshot({ swarm } as unknown as SnapshotView);
  t.like(row, { name: 'web.1', service: 'web', node: { id: 'n1', name: 'one' }, state: 'running' });
  const silent = { swarm: { ...swarm, services: null, tasks: null } } as unknown as SnapshotView;
  t.deepEqual(tasksOfSnapshot(silent), []);
});
