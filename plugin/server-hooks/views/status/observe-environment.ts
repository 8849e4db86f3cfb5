import type { SwarmMember } from '../../../../protocol/messages/agent-calls.js';
import type { Clock } from '../../../../protocol/time/clock.js';
import type { TunnelPath } from '../../../../protocol/tunnel/tunnel-path.js';
import type { EnvironmentStatus, Refusal } from '../../../api.js';
import type { LiveEnvironments } from '../../live/environments.js';
import { isUnconfirmedManager } from '../../live/manager-claims.js';
import type { Presence } from '../../live/presence.js';
import { type Environment, type Instance, isManager } from '../../model/environment.js';
import type { SnapshotFiles, SnapshotSummary } from '../../snapshots/files.js';
import type { TunnelState } from '../../tunnel/slot.js';

/** Sources of the current state. */
export interface ObservationSources {
  readonly live: Pick<LiveEnvironments, 'of'>;
  readonly snapshots: Pick<SnapshotFiles, 'summaries'>;
  readonly clock: Clock;
}

/** The state of an environment at one moment. Members that are the same object have not changed. */
export interface Observation {
  readonly environment: Environment;
  readonly status: EnvironmentStatus;
  readonly tunnel: TunnelState;
  readonly tunnelPath: TunnelPath | null;
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

/** The only place that computes an environment's state. */
export function observeEnvironment(environment: Environment, sources: ObservationSources): Observation {
  const { snapshots, clock } = sources;
  const { id } = environment;
  const live = sources.live.of(id);
  const { presence, leaderId, members } = live;
  const online = onlineInstances(environment, presence);
  const instance = leadingInstance(environment, leaderId, online);
  const isDoubtful = online.some((one) => isUnconfirmedManager(environment, one, live, clock));
  return {
    environment,
    status: statusOf(environment, presence, online),
    tunnel: live.tunnels.state(),
    tunnelPath: live.tunnels.path(),
    instance,
    leaderId,
    members,
    nodesOnline: online.filter(({ node }) => node && (!members || members.has(node.nodeId))).length,
    problemCode:
      (instance && failureOf(instance, presence)) ??
      presence.recentRefusal?.code ??
      (isDoubtful ? 'manager-unconfirmed' : null) ??
      (online.some((one) => one.isOutside) ? 'swarm-mismatch' : null) ??
      (environment.apiUrl.startsWith('http:') ? 'cleartext' : null),
    refusal: presence.lastRefusal,
    summaries: snapshots.summaries(id),
  };
}

/** Whether the environment checks in, and its health. */
export function statusOf(
  environment: Environment,
  presence: Presence,
  online = onlineInstances(environment, presence),
): EnvironmentStatus {
  if (online.some((instance) => failureOf(instance, presence) === null)) return 'online';
  if (online.length > 0) return 'degraded';
  if (presence.recentRefusal) return 'refused';
  return environment.associatedAt === null ? 'new' : 'offline';
}

/** The failure that the agent reports: its engine, or the path to the tunnel port. */
export function failureOf(instance: Instance, presence: Presence): string | null {
  const facts = presence.facts(instance.id);
  if (facts?.engine !== 'down') return facts?.problem ?? null;
  return facts.problem?.startsWith('engine-') ? facts.problem : 'engine-unreachable';
}

function leadingInstance(
  environment: Environment,
  leaderId: string | null,
  online: readonly Instance[],
): Instance | undefined {
  const { instances } = environment;
  const leader = leaderId === null ? undefined : instances.find(({ id }) => id === leaderId);
  if (leader) return leader;
  return online.find((instance) => isManager(environment, instance)) ?? online[0] ?? instances.at(-1);
}

/** Computed once per observation: it is most of the cost. */
function onlineInstances({ instances }: Environment, presence: Presence): readonly Instance[] {
  return instances.filter((instance) => presence.isLive(instance.id));
}
