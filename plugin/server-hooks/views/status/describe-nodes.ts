import type { Clock } from '../../../../protocol/time/clock.js';
import type { NodeView } from '../../../api.js';
import type { LiveEnvironment } from '../../live/environment.js';
import { isUnconfirmedManager } from '../../live/manager-claims.js';
import type { Environment, Instance } from '../../model/environment.js';
import { failureOf, type ObservationSources } from './observe-environment.js';

type NodeAgent = NonNullable<NodeView['agent']>;

/**
 * The nodes of an environment's Swarm: first those that managers report, each with its agent, then those that only an
 * agent reports. Empty outside a Swarm.
 */
export function describeNodes(environment: Environment, sources: ObservationSources): NodeView[] {
  const live = sources.live.of(environment.id);
  const { members } = live;
  const instances = new Map(
    environment.instances.flatMap((one) => (one.node ? [[one.node.nodeId, one]] : [])),
  );
  const agentOf = (instance: Instance | undefined) =>
    instance ? describeAgent(environment, instance, live, sources.clock) : null;
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

function describeAgent(
  environment: Environment,
  instance: Instance,
  live: LiveEnvironment,
  clock: Clock,
): NodeAgent {
  const { presence, tunnels, leaderId } = live;
  const lastCheckInAtMs = presence.lastCheckInAtMs(instance.id);
  return {
    instanceId: instance.id,
    version: instance.agentVersion,
    platform: instance.platform,
    online: presence.isLive(instance.id),
    lastCheckInAt: lastCheckInAtMs === null ? null : new Date(lastCheckInAtMs).toISOString(),
    engine: presence.facts(instance.id)?.engine ?? 'unknown',
    problem:
      failureOf(instance, presence) ??
      (isUnconfirmedManager(environment, instance, live, clock) ? 'manager-unconfirmed' : null) ??
      (instance.isOutside ? 'swarm-mismatch' : null),
    tunnel: tunnels.state(instance.id),
    isLeader: leaderId === instance.id,
  };
}

/** `node 9` before `node 10`; the same on every machine. */
const COLLATOR = new Intl.Collator('und', { numeric: true });

function byName(a: NodeView, b: NodeView): number {
  return COLLATOR.compare(a.name, b.name) || (a.id < b.id ? -1 : 1);
}
