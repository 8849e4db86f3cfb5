import type { Environment } from '../../model/environment.js';

/** Number of agents, and the check-in rate of those whose environment sets its own interval. */
export interface AgentCount {
  /** Enrolled agents: one per environment, one per node of a Swarm. */
  readonly agents: number;
  readonly ownInterval: { readonly agents: number; readonly checkInsPerSecond: number };
}

/** Counts the agents of these environments. */
export function countAgents(
  environments: Iterable<Pick<Environment, 'instances' | 'checkInSeconds'>>,
): AgentCount {
  let agents = 0;
  let own = 0;
  let checkInsPerSecond = 0;
  for (const { instances, checkInSeconds } of environments) {
    agents += instances.length;
    if (checkInSeconds === null) continue;
    own += instances.length;
    checkInsPerSecond += instances.length / checkInSeconds;
  }
  return { agents, ownInterval: { agents: own, checkInsPerSecond } };
}
