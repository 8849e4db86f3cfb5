import { shownProblem } from '../../../../protocol/problems/shown.js';
import { definitionOf } from '../../../../protocol/problems.js';
import type { EnvironmentView } from '../../../api.js';
import type { Environment } from '../../model/environment.js';
import { summaryOf } from '../snapshot/summary.js';
import { type ObservationSources, observeEnvironment } from './observe-environment.js';
import { swarmViewOf } from './swarm-view.js';

/** The environment's current view, for lists, details and events. */
export function describeEnvironment(environment: Environment, sources: ObservationSources): EnvironmentView {
  const seen = observeEnvironment(environment, sources);
  const { status, tunnel, tunnelPath, instance, problemCode, refusal } = seen;
  const summary = summaryOf(seen);
  const lastCheckInAtMs = sources.live.of(environment.id).presence.lastCheckInAtMs();
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
    tunnelPath,
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
            detail: problemDetail(problemCode),
            at: problemCode === refusal?.code ? refusal.at : (lastCheckInAt ?? environment.createdAt),
          },
    lastRefusal: refusal,
  };
}

/** The cause of a problem. Codes may be any text that an agent sends. */
function problemDetail(code: string): string {
  return shownProblem(code)?.sentence ?? definitionOf(code)?.sentence ?? `See docs/errors.md#${code}`;
}
