import type { EnrolRequest } from '../../../protocol/agent-calls.js';
import { type Environment, type EnvironmentSwarm, type Instance, isManager } from '../model/environment.js';

// What counts of what an enrolling agent says of its Swarm: all of it is a claim of whoever has the Edge key.

/** Agents on different nodes of one Swarm share an environment. Workers do not know which Swarm theirs is. */
export function isSibling(other: Instance, body: EnrolRequest): boolean {
  if (other.node === null || body.node === null || other.node.nodeId === body.node.nodeId) return false;
  const ids = [other.node.swarmId, body.node.swarmId];
  return ids.includes('') || ids[0] === ids[1];
}

/** Only a manager that is known as one can make another Swarm of an environment, or none. */
export function belongs(
  environment: Environment,
  known: Instance | undefined,
  { node }: EnrolRequest,
): boolean {
  const { swarm } = environment;
  if (swarm === null || (known && isManager(environment, known))) return true;
  return node !== null && (node.swarmId === '' || node.swarmId === swarm.id);
}

/**
 * The first manager is trusted on first use, with the Swarm it names; later ones as it tells of them. One that was
 * trusted may have made a new Swarm, or be in none any more. Without a quorum a manager cannot name its Swarm.
 */
export function swarmAfter(
  environment: Environment,
  known: Instance | undefined,
  { node }: EnrolRequest,
): EnvironmentSwarm | null {
  const { swarm } = environment;
  const isKnownManager = known !== undefined && isManager(environment, known);
  if (swarm !== null && !isKnownManager) return swarm;
  if (node === null) return null;
  if (node.role !== 'manager' || node.swarmId === '' || node.swarmId === swarm?.id) return swarm;
  return { id: node.swarmId, managers: [node.nodeId] };
}
