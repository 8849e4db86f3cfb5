import type { EnvironmentView } from '../../api.js';
import type { Environment } from '../model/environment.js';
import { type ObservationSources, observeEnvironment } from './observe-environment.js';
import { summaryOf } from './snapshot-summary.js';
import { swarmViewOf } from './swarm-view.js';

const PROBLEM_DETAILS: Readonly<Record<string, string>> = {
  'engine-unreachable': 'The agent checks in, but its Docker Engine does not answer',
  cleartext: 'Check-ins travel over http://: anyone on the way can read them',
  duplicate: 'A second agent with this Edge key wants in; the first one keeps working',
  'edge-id-mismatch': 'An agent with the right Edge key came with another Edge ID and was refused',
  'association-removed': 'The disassociated agent wants back; it stays out until the key is rotated',
  'swarm-mismatch': 'An agent whose node is not in this Swarm wants in; it stays out',
  'agent-too-old': 'An agent that is too old for this hub was refused: update it',
  'manager-unconfirmed':
    'An agent says that its node is a manager of the Swarm, and no manager that is trusted knows it as one: see the nodes',
  'tunnel-fingerprint-mismatch': 'The agent met another key at the tunnel address than its Edge key names',
};

/** An environment as list, detail and events show it, worked out at this moment. */
export function describeEnvironment(environment: Environment, sources: ObservationSources): EnvironmentView {
  const seen = observeEnvironment(environment, sources);
  const { status, tunnel, instance, problemCode, refusal } = seen;
  const summary = summaryOf(seen);
  const lastCheckInAtMs = sources.presence.lastCheckInAtMs(environment.id);
  const lastCheckInAt = lastCheckInAtMs === null ? null : new Date(lastCheckInAtMs).toISOString();
  return {
    id: environment.id,
    name: environment.name,
    edgeId: environment.edgeId,
    tags: environment.tags,
    url: environment.apiUrl,
    tunnelAddress: environment.tunnelAddress,
    checkInSeconds: environment.checkInSeconds,
    createdAt: environment.createdAt,
    status,
    tunnel,
    lastCheckInAt,
    associatedAt: environment.associatedAt,
    agent: instance
      ? { version: instance.agentVersion, platform: instance.platform, instanceId: instance.id }
      : null,
    engine: summary?.engine ?? null,
    swarm: swarmViewOf(seen, summary),
    snapshot: summary ? { takenAt: summary.takenAt, counts: summary.counts } : null,
    problem:
      problemCode === null
        ? null
        : {
            code: problemCode,
            detail: PROBLEM_DETAILS[problemCode] ?? `See docs/errors.md#${problemCode}`,
            at: problemCode === refusal?.code ? refusal.at : (lastCheckInAt ?? environment.createdAt),
          },
    lastRefusal: refusal,
  };
}
