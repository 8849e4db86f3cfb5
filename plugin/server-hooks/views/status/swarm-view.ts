import type { SwarmView } from '../../../api.js';
import type { SnapshotSummary } from '../../snapshots/files.js';
import type { Observation } from './observe-environment.js';

/**
 * An environment's Swarm as its managers report it; before they do, from its agents and their latest snapshot. Null
 * outside a Swarm.
 */
export function swarmViewOf(
  { environment, instance, leaderId, members, nodesOnline }: Observation,
  summary: SnapshotSummary | null,
): SwarmView | null {
  const { swarm, instances } = environment;
  const last = summary?.swarm ?? null;
  const { node } = instance ?? {};
  // An agent whose engine has left its Swarm reports it sooner than the next snapshot.
  if (node === null && swarm === null) return null;
  if (!node && !last) return null;
  const leader = instances.find(({ id }) => id === leaderId);
  const nodeIds = new Set(instances.flatMap(({ node }) => (node ? [node.nodeId] : [])));
  const managers = members && [...members.values()].filter(({ role }) => role === 'manager').length;
  return {
    id: swarm?.id ?? (node?.swarmId || last?.id) ?? '',
    nodeId: node?.nodeId ?? last?.nodeId ?? '',
    role: members?.get(node?.nodeId ?? '')?.role ?? node?.role ?? last?.role ?? '',
    managers: managers ?? Math.max(last?.managers ?? 0, swarm?.managers.length ?? 0),
    nodes: members?.size ?? Math.max(last?.nodes ?? 0, nodeIds.size),
    leaderNodeId: leader?.node?.nodeId ?? null,
    nodesOnline,
  };
}
