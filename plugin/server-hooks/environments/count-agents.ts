import type { Environment } from '../model/environment.js';

/** How many agents check in, and how often those do whose environment does not go by the setting. */
export interface AgentCount {
  /** Agents that have enrolled: one an environment, one a node of a Swarm. */
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
