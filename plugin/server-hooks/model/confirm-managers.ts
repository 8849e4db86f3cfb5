import type { SwarmReport } from '../../../protocol/messages/agent-calls.js';
import { type Environment, isManager, swarmAuthority } from './environment.js';

/**
 * Stores which nodes a trusted manager reports as managers. The same object if they are known, or if the environment
 * is another Swarm by now.
 * @param reporterId the instance that reported
 */
export function confirmManagers(
  environment: Environment,
  reporterId: string,
  { swarmId, nodes }: Pick<SwarmReport, 'swarmId' | 'nodes'>,
): Environment {
  if (environment.swarm?.id !== swarmId) return environment;
  const managers = nodes.filter(({ role }) => role === 'manager').map((node) => node.id);
  const known = new Set(environment.swarm.managers);
  if (managers.length === known.size && managers.every((node) => known.has(node))) return environment;
  const confirmed: Environment = { ...environment, swarm: { id: swarmId, managers } };
  const authority = swarmAuthority(environment);
  // A demoted authority must not restore its own trust.
  const isDemoted = authority !== undefined && !isManager(confirmed, authority);
  const reporter = environment.instances.find((one) => one.id === reporterId);
  const isSuccessor = isDemoted && reporter !== undefined && isManager(confirmed, reporter);
  return isSuccessor ? { ...confirmed, swarmAuthority: reporterId } : confirmed;
}
