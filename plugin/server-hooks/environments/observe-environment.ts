import type { SwarmMember } from '../../../protocol/agent-calls.js';
import type { EnvironmentStatus, Refusal } from '../../api.js';
import { type Environment, type Instance, isManager } from '../model/environment.js';
import type { SwarmRoster } from '../swarm/swarm-roster.js';
import type { TunnelRegistry } from '../tunnel/tunnel-registry.js';
import type { TunnelState } from '../tunnel/tunnel-slot.js';
import { type ClaimSources, isUnconfirmedManager } from './manager-claims.js';
import type { Presence } from './presence.js';
import type { SnapshotFiles, SnapshotSummary } from './snapshot-files.js';

/** Where what is known now comes from. */
export interface ObservationSources extends ClaimSources {
  readonly registry: TunnelRegistry;
  readonly roster: Pick<SwarmRoster, 'members' | 'reportedMs'>;
  readonly snapshots: Pick<SnapshotFiles, 'summaries'>;
}

/** What is known of an environment at one moment. What is the same object as before has not changed since. */
export interface Observation {
  readonly environment: Environment;
  readonly status: EnvironmentStatus;
  readonly tunnel: TunnelState;
  /** The leader; without one a manager that is online, else an agent that is, else the one that enrolled last. */
  readonly instance: Instance | undefined;
  /** The instance that holds the environment's lease. */
  readonly leaderId: string | null;
  /** The nodes as managers tell them; null before they do, and outside a Swarm. */
  readonly members: ReadonlyMap<string, SwarmMember> | null;
  /** Of those that managers know, else of all that there are: how many have an agent that is online. */
  readonly nodesOnline: number;
  /** What an admin should look at first. */
  readonly problemCode: string | null;
  readonly refusal: Refusal | null;
  /** Of each instance's latest snapshot. */
  readonly summaries: ReadonlyMap<string, SnapshotSummary>;
}

/** The one place where an environment's state is worked out. Cheap: it is asked for all of them each second. */
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

/** Whether it checks in, and how well it does. */
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

/** What the agent itself says is wrong: its engine, or the way to the tunnel port. */
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

/** Asked once for each look: it is most of what a look costs. */
function liveInstances({ id, instances }: Environment, presence: Presence): readonly Instance[] {
  return instances.filter((instance) => presence.isLive(id, instance.id));
}
