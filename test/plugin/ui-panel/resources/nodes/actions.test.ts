import test from 'ava';
import type { SwarmNode } from '../../../../../plugin/ui-panel/engine/model/node.js';
import { actionsFor, confirmationOf } from '../../../../../plugin/ui-panel/resources/nodes/actions.js';
import { sampleNode } from '../../engine/model/sample-node.js';

const card = (change: Partial<SwarmNode>): SwarmNode => ({
  ...sampleNode('n1'),
  address: '',
  message: '',
  runs: null,
  containers: null,
  ...change,
});

test('node actions: depend on the node’s state', (t) => {
  const labels = (change: Partial<SwarmNode>) => actionsFor(card(change)).map((action) => action.label);
  t.deepEqual(labels({ availability: 'active' }), ['Pause', 'Drain', 'Promote']);
  t.deepEqual(labels({ availability: 'drain', role: 'manager' }), ['Activate', 'Demote']);
  t.deepEqual(labels({ availability: 'pause', state: 'down' }), ['Activate', 'Drain', 'Promote', 'Remove']);
  t.deepEqual(labels({ availability: 'active', confirmed: false }), []);
});

test('node actions: the confirmation says how many managers may be down', (t) => {
  const managers = (count: number) =>
    Array.from({ length: count }, (_, index) => card({ id: `m${index}`, role: 'manager' }));
  const warning = (all: readonly SwarmNode[], role: SwarmNode['role']) => {
    const node = card({ role, availability: 'active' });
    const action = actionsFor(node).find(({ label }) => /mote/.test(label));
    return action ? confirmationOf(action, node, all).warning : '';
  };
  t.regex(
    warning(managers(1), 'worker') ?? '',
    /There will be 2 managers: the Swarm can be changed while all of them are up/,
  );
  t.regex(warning(managers(2), 'worker') ?? '', /3 managers: .* no more than 1 of them is down/);
  t.regex(warning(managers(6), 'manager') ?? '', /5 managers: .* no more than 2 of them are down/);
  t.regex(warning(managers(1), 'manager') ?? '', /only manager: the engine will refuse/);
});
