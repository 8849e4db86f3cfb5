import type { SwarmMember } from '../../../../protocol/messages/agent-calls.js';
import type { EnvironmentStatus, Refusal } from '../../../api.js';
import { type ClaimSources, isUnconfirmedManager } from '../../live/manager-claims.js';
import type { Presence } from '../../live/presence.js';
import { type Environment, type Instance, isManager } from '../../model/environment.js';
import type { SnapshotFiles, SnapshotSummary } from '../../snapshots/files.js';
import type { SwarmRoster } from '../../swarm/roster.js';
import type { TunnelRegistry } from '../../tunnel/registry.js';
import type { TunnelState } from '../../tunnel/slot.js';

/** Sources of the current state. */
export interface ObservationSources extends ClaimSources {
  readonly registry: TunnelRegistry;
  readonly roster: Pick<SwarmRoster, 'members' | 'reportedMs'>;
  readonly snapshots: Pick<SnapshotFiles, 'summaries'>;
}

/** The state of an environment at one moment. Members that are the same object have not changed. */
export interface Observation {
  readonly environment: Environment;
  readonly status: EnvironmentStatus;
  readonly tunnel: TunnelState;
  /** The leader; else an online manager, else an online agent, else the one that enrolled last. */
  readonly instance: Instance | undefined;
  /** The instance that holds the environment's lease. */
  readonly leaderId: string | null;
  /** The nodes as managers report them; null before they do, and outside a Swarm. */
  readonly members: ReadonlyMap<string, SwarmMember> | null;
  /** Nodes with an online agent, of those that managers know, else of all. */
  readonly nodesOnline: number;
  /** The most important problem. */
  readonly problemCode: string | null;
  readonly refusal: Refusal | null;
  /** Of each instance's latest snapshot. */
  readonly summaries: ReadonlyMap<string, SnapshotSummary>;
}

/** The only place that computes an environment's state. Cheap: it runs for all of them every second. */
export function observeEnvironment(environment: Environment, sources: ObservationSources): Observation {
  const { presence, registry, roster, snapshots } = sources;
  const { id } = environment;
  const leaderId = registry.peek(id)?.lease?.instanceId ?? null;
  const members = roster.members(id);
  const live = liveInstances(environment, presence);
  const instance = leadingInstance(environment, leaderId, live);
  const isDoubtful = live.some((one) => isUnconfirmedManager(environment, one, sources));
  return {
    environment,
    status: statusOf(environment, presence, live),
    tunnel: registry.state(id),
    instance,
    leaderId,
    members,
    nodesOnline: live.filter(({ node }) => node && (!members || members.has(node.nodeId))).length,
    problemCode:
      (instance && failureOf(environment, instance, presence)) ??
      presence.recentRefusal(id)?.code ??
      (isDoubtful ? 'manager-unconfirmed' : null) ??
      (live.some((one) => one.isOutside) ? 'swarm-mismatch' : null) ??
      (environment.apiUrl.startsWith('http:') ? 'cleartext' : null),
    refusal: presence.lastRefusal(id),
    summaries: snapshots.summaries(id),
  };
}

/** Whether the environment checks in, and its health. */
export function statusOf(
  environment: Environment,
  presence: Presence,
  live = liveInstances(environment, presence),
): EnvironmentStatus {
  if (live.some((instance) => failureOf(environment, instance, presence) === null)) return 'online';
  if (live.length > 0) return 'degraded';
  if (presence.recentRefusal(environment.id)) return 'refused';
  return environment.associatedAt === null ? 'new' : 'offline';
}

/** The failure that the agent reports: its engine, or the path to the tunnel port. */
export function failureOf(environment: Environment, instance: Instance, presence: Presence): string | null {
  const facts = presence.facts(environment.id, instance.id);
  if (facts?.engine !== 'down') return facts?.problem ?? null;
  return facts.problem?.startsWith('engine-') ? facts.problem : 'engine-unreachable';
}

function leadingInstance(
  environment: Environment,
  leaderId: string | null,
  live: readonly Instance[],
): Instance | undefined {
  const { instances } = environment;
  const leader = leaderId === null ? undefined : instances.find(({ id }) => id === leaderId);
  if (leader) return leader;
  return live.find((instance) => isManager(environment, instance)) ?? live[0] ?? instances.at(-1);
}

/** Computed once per observation: it is most of the cost. */
function liveInstances({ id, instances }: Environment, presence: Presence): readonly Instance[] {
  return instances.filter((instance) => presence.isLive(id, instance.id));
}
