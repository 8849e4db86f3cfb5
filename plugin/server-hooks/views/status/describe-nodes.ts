import type { NodeView } from '../../../api.js';
import { isUnconfirmedManager } from '../../live/manager-claims.js';
import type { Environment, Instance } from '../../model/environment.js';
import { failureOf, type ObservationSources } from './observe-environment.js';

type NodeAgent = NonNullable<NodeView['agent']>;

/**
 * The nodes of an environment's Swarm: first those that managers report, each with its agent, then those that only an
 * agent reports. Empty outside a Swarm.
 */
export function describeNodes(environment: Environment, sources: ObservationSources): NodeView[] {
  const members = sources.roster.members(environment.id);
  const instances = new Map(
    environment.instances.flatMap((one) => (one.node ? [[one.node.nodeId, one]] : [])),
  );
  const agentOf = (instance: Instance | undefined) =>
    instance ? describeAgent(environment, instance, sources) : null;
  const known = [...(members?.values() ?? [])].map(
    (member): NodeView => ({
      ...member,
      confirmed: true,
      agent: agentOf(instances.get(member.id)),
    }),
  );
  const claimed = [...instances.values()].flatMap((instance): NodeView[] => {
    const { node } = instance;
    if (!node || members?.has(node.nodeId)) return [];
    const unknown = { availability: null, state: null, isLeader: false, reachability: null };
    const { nodeId: id, name, role } = node;
    return [
      {
        ...{ id, name, role, ...unknown, engineVersion: null, cpus: null, memoryBytes: null },
        confirmed: false,
        agent: agentOf(instance),
      },
    ];
  });
  return [...known.sort(byName), ...claimed.sort(byName)];
}

function describeAgent(environment: Environment, instance: Instance, sources: ObservationSources): NodeAgent {
  const { presence, registry } = sources;
  const ids = [environment.id, instance.id] as const;
  const lastCheckInAtMs = presence.lastCheckInAtMs(...ids);
  return {
    instanceId: instance.id,
    version: instance.agentVersion,
    platform: instance.platform,
    online: presence.isLive(...ids),
    lastCheckInAt: lastCheckInAtMs === null ? null : new Date(lastCheckInAtMs).toISOString(),
    engine: presence.facts(...ids)?.engine ?? 'unknown',
    problem:
      failureOf(environment, instance, presence) ??
      (isUnconfirmedManager(environment, instance, sources) ? 'manager-unconfirmed' : null) ??
      (instance.isOutside ? 'swarm-mismatch' : null),
    tunnel: registry.state(...ids),
    isLeader: registry.peek(environment.id)?.lease?.instanceId === instance.id,
  };
}

/** `node 9` before `node 10`; the same on every machine. */
const COLLATOR = new Intl.Collator('und', { numeric: true });

function byName(a: NodeView, b: NodeView): number {
  return COLLATOR.compare(a.name, b.name) || (a.id < b.id ? -1 : 1);
}
