import { buildAgent } from '../../../tools/build/agent.js';
import { LabSwarm } from '../../../tools/lab/swarm/swarm.js';
import type { Scope } from '../scope.js';

/**
 * A Swarm of three engines for this test alone, with the lab's images on each node: three managers, or one and two
 * workers. Files don't share one: each breaks its nodes in its own way, and a new one needs seconds.
 */
export async function startSwarm(t: Scope, { managers }: { managers: 1 | 3 }): Promise<LabSwarm> {
  if (!process.env.FAIRLEAD_LAB) await buildAgent();
  const swarm = await LabSwarm.create({ managers, images: true });
  t.teardown(() => swarm.close());
  return swarm;
}
