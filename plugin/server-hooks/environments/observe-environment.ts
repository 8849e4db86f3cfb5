import type { EnvironmentStatus, Refusal } from '../../api.js';
import type { Environment, Instance } from '../model/environment.js';
import type { TunnelRegistry } from '../tunnel/tunnel-registry.js';
import type { TunnelState } from '../tunnel/tunnel-slot.js';
import type { Presence } from './presence.js';
import type { SnapshotFiles, SnapshotSummary } from './snapshot-files.js';

/** Where what is known now comes from. */
export interface ObservationSources {
  readonly presence: Presence;
  readonly registry: TunnelRegistry;
  readonly snapshots: Pick<SnapshotFiles, 'summary'>;
}

/** What is known of an environment at one moment. What is the same object as before has not changed since. */
export interface Observation {
  readonly environment: Environment;
  readonly status: EnvironmentStatus;
  readonly tunnel: TunnelState;
  /** The agent that is online, else the one that enrolled last. */
  readonly instance: Instance | undefined;
  /** What an admin should look at first. */
  readonly problemCode: string | null;
  readonly refusal: Refusal | null;
  readonly summary: SnapshotSummary | null;
}

/** The one place where an environment's state is worked out. Cheap: it is asked for all of them each second. */
export function observeEnvironment(environment: Environment, sources: ObservationSources): Observation {
  const { presence, registry, snapshots } = sources;
  const { id } = environment;
  const instance = leadingInstance(environment, presence);
  return {
    environment,
    status: statusOf(environment, presence),
    tunnel: registry.state(id),
    instance,
    problemCode:
      (instance && failureOf(environment, instance, presence)) ??
      presence.recentRefusal(id)?.code ??
      (environment.apiUrl.startsWith('http:') ? 'cleartext' : null),
    refusal: presence.lastRefusal(id),
    summary: snapshots.summary(id),
  };
}

/** Whether it checks in, and how well it does. */
export function statusOf(environment: Environment, presence: Presence): EnvironmentStatus {
  let isAnyoneLive = false;
  for (const instance of environment.instances) {
    if (!presence.isLive(environment.id, instance.id)) continue;
    if (failureOf(environment, instance, presence) === null) return 'online';
    isAnyoneLive = true;
  }
  if (isAnyoneLive) return 'degraded';
  if (presence.recentRefusal(environment.id)) return 'refused';
  return environment.associatedAt === null ? 'new' : 'offline';
}

/** What the agent itself says is wrong: its engine, or the way to the tunnel port. */
function failureOf(environment: Environment, instance: Instance, presence: Presence): string | null {
  const facts = presence.facts(environment.id, instance.id);
  if (facts?.engine === 'down') return 'engine-unreachable';
  return facts?.problem ?? null;
}

function leadingInstance(environment: Environment, presence: Presence): Instance | undefined {
  return (
    environment.instances.find(({ id }) => presence.isLive(environment.id, id)) ??
    environment.instances.at(-1)
  );
}
