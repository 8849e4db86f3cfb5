import test from 'ava';
import { confirmManagers } from '../../../../plugin/server-hooks/model/confirm-managers.js';
import type { Instance } from '../../../../plugin/server-hooks/model/environment.js';
import { member, newInstance } from '../../../kit/lease-simulation/samples.js';
import { sampleEnvironment } from '../store/sample-environment.js';

const onNode = (nodeId: string): Instance => ({
  ...newInstance(nodeId),
  node: { swarmId: 's', nodeId, name: nodeId, role: 'manager' },
});
const TWO_MANAGERS = sampleEnvironment(1, {
  instances: [onNode('a'), onNode('b')],
  swarm: { id: 's', managers: ['a', 'b'] },
  swarmAuthority: 'a',
});
const report = (...managers: string[]) => ({
  swarmId: 's',
  nodes: [...managers.map((id) => member(id, 'manager', 'active')), member('w', 'worker', 'active')],
});

test('confirmed managers: the same managers in another order, or another Swarm, change nothing', (t) => {
  t.is(confirmManagers(TWO_MANAGERS, 'a', report('b', 'a')), TWO_MANAGERS);
  t.is(confirmManagers(TWO_MANAGERS, 'a', { ...report('a'), swarmId: 'other' }), TWO_MANAGERS);
});

test('confirmed managers: are those of the report, and the authority stays', (t) => {
  t.deepEqual(confirmManagers(TWO_MANAGERS, 'a', report('a', 'c')), {
    ...TWO_MANAGERS,
    swarm: { id: 's', managers: ['a', 'c'] },
  });
});

test('confirmed managers: a demoted authority is succeeded by the manager that reports it', (t) => {
  t.is(confirmManagers(TWO_MANAGERS, 'b', report('b')).swarmAuthority, 'b');
  t.is(confirmManagers(TWO_MANAGERS, 'a', report('b')).swarmAuthority, 'a', 'not by itself');
});
