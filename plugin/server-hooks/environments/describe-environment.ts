import type { EnvironmentProblem, EnvironmentStatus, EnvironmentView } from '../../api.js';
import type { Environment, Instance } from '../model/environment.js';
import type { TunnelRegistry } from '../tunnel/tunnel-registry.js';
import type { Presence } from './presence.js';
import type { SnapshotFiles } from './snapshot-files.js';

/** Where what is known now comes from. */
export interface DescribeSources {
  readonly presence: Presence;
  readonly registry: TunnelRegistry;
  readonly snapshots: SnapshotFiles;
}

const PROBLEM_DETAILS: Readonly<Record<string, string>> = {
  'engine-unreachable': 'The agent checks in, but its Docker Engine does not answer',
  cleartext: 'Check-ins travel over http://: anyone on the way can read them',
  duplicate: 'A second agent with this Edge key wants in; the first one keeps working',
  'edge-id-mismatch': 'An agent with the right Edge key came with another Edge ID and was refused',
  'association-removed': 'The disassociated agent wants back; it stays out until the key is rotated',
  'agent-too-old': 'An agent that is too old for this hub was refused: update it',
  'tunnel-fingerprint-mismatch': 'The agent met another key at the tunnel address than its Edge key names',
};

/** The one place where an environment's state is worked out, for list, detail and proxy alike. */
export function describeEnvironment(environment: Environment, sources: DescribeSources): EnvironmentView {
  const { presence, registry, snapshots } = sources;
  const instance = leadingInstance(environment, presence);
  const lastCheckInAtMs = presence.lastCheckInAtMs(environment.id);
  const summary = snapshots.summary(environment.id);
  return {
    id: environment.id,
    name: environment.name,
    edgeId: environment.edgeId,
    tags: environment.tags,
    url: environment.apiUrl,
    tunnelAddress: environment.tunnelAddress,
    checkInSeconds: environment.checkInSeconds,
    createdAt: environment.createdAt,
    status: statusOf(environment, presence),
    tunnel: registry.state(environment.id),
    lastCheckInAt: lastCheckInAtMs === null ? null : new Date(lastCheckInAtMs).toISOString(),
    associatedAt: environment.associatedAt,
    agent: instance
      ? { version: instance.agentVersion, platform: instance.platform, instanceId: instance.id }
      : null,
    engine: summary?.engine ?? null,
    swarm: summary?.swarm ?? null,
    snapshot: summary ? { takenAt: summary.takenAt, counts: summary.counts } : null,
    problem: problemOf(environment, presence, lastCheckInAtMs),
    lastRefusal: presence.lastRefusal(environment.id),
  };
}

/** Whether it checks in, and how well it does; from what is known at this moment only. */
export function statusOf(environment: Environment, presence: Presence): EnvironmentStatus {
  const live = environment.instances.filter(({ id }) => presence.isLive(environment.id, id));
  if (live.length === 0) {
    if (presence.recentRefusal(environment.id)) return 'refused';
    return environment.associatedAt === null ? 'new' : 'offline';
  }
  const isFailing = live.every(({ id }) => failureOf(environment, id, presence) !== null);
  return isFailing ? 'degraded' : 'online';
}

/** What the agent itself says is wrong: its engine, or the way to the tunnel port. */
function failureOf(environment: Environment, instanceId: string, presence: Presence): string | null {
  const facts = presence.facts(environment.id, instanceId);
  if (facts?.engine === 'down') return 'engine-unreachable';
  return facts?.problem ?? null;
}

function problemOf(
  environment: Environment,
  presence: Presence,
  lastCheckInAtMs: number | null,
): EnvironmentProblem | null {
  const refusal = presence.recentRefusal(environment.id);
  const instance = leadingInstance(environment, presence);
  const failure = instance && failureOf(environment, instance.id, presence);
  const code = failure ?? refusal?.code ?? (environment.apiUrl.startsWith('http:') ? 'cleartext' : null);
  if (!code) return null;
  const atMs = lastCheckInAtMs ?? Date.parse(environment.createdAt);
  return {
    code,
    detail: PROBLEM_DETAILS[code] ?? `See docs/errors.md#${code}`,
    at: failure || !refusal ? new Date(atMs).toISOString() : refusal.at,
  };
}

function leadingInstance(environment: Environment, presence: Presence): Instance | undefined {
  return (
    environment.instances.find(({ id }) => presence.isLive(environment.id, id)) ??
    environment.instances.at(-1)
  );
}
