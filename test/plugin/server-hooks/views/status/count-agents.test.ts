import test from 'ava';
import type { Instance } from '../../../../../plugin/server-hooks/model/environment.js';
import { countAgents } from '../../../../../plugin/server-hooks/views/status/count-agents.js';

const of = (count: number, checkInSeconds: number | null) => ({
  instances: Array<Instance>(count),
  checkInSeconds,
});

test('agent counts: each node of a Swarm is one, and own intervals are counted separately', (t) => {
  const counted = countAgents([of(1, null), of(40, null), of(0, 1), of(20, 5), of(6, 60)]);
  t.is(counted.agents, 67);
  t.is(counted.ownInterval.agents, 26);
  t.is(counted.ownInterval.checkInsPerSecond.toFixed(6), '4.100000');
});

test('agent counts: are zero at first', (t) => {
  t.deepEqual(countAgents([]), { agents: 0, ownInterval: { agents: 0, checkInsPerSecond: 0 } });
});
