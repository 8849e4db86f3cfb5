import { isDeepStrictEqual } from 'node:util';
import type { EnvironmentView } from '../../api.js';
import { summaryOf } from '../views/snapshot/summary.js';
import type { Observation } from '../views/status/observe-environment.js';
import { swarmViewOf } from '../views/status/swarm-view.js';

/**
 * The source of each member of a view. Omitted: members that never change, and `lastCheckInAt`, which changes with each
 * check-in and is sent with a new status.
 */
const MEMBERS: Partial<Record<keyof EnvironmentView, (seen: Observation) => unknown>> = {
  name: ({ environment }) => environment.name,
  edgeId: ({ environment }) => environment.edgeId,
  tags: ({ environment }) => environment.tags,
  url: ({ environment }) => environment.apiUrl,
  tunnelAddress: ({ environment }) => environment.tunnelAddress,
  checkInSeconds: ({ environment }) => environment.checkInSeconds,
  associatedAt: ({ environment }) => environment.associatedAt,
  status: ({ status }) => status,
  tunnel: ({ tunnel }) => tunnel,
  tunnelPath: ({ tunnelPath }) => tunnelPath,
  agent: ({ instance }) => [instance?.id, instance?.agentVersion, instance?.platform],
  engine: (seen) => summaryOf(seen)?.engine ?? null,
  swarm: (seen) => swarmViewOf(seen, summaryOf(seen)),
  snapshot: (seen) => {
    const { takenAt, counts } = summaryOf(seen) ?? {};
    return [takenAt, counts];
  },
  problem: ({ problemCode }) => problemCode,
  lastRefusal: ({ refusal }) => refusal,
};

/** Whether nothing changed at all; cheap, because most evaluations find no change. */
export function isUnchanged(before: Observation, now: Observation): boolean {
  return (
    before.environment === now.environment &&
    before.status === now.status &&
    before.tunnel === now.tunnel &&
    before.tunnelPath === now.tunnelPath &&
    before.instance === now.instance &&
    before.problemCode === now.problemCode &&
    before.refusal === now.refusal &&
    before.leaderId === now.leaderId &&
    before.members === now.members &&
    before.nodesOnline === now.nodesOnline &&
    before.summaries === now.summaries
  );
}

/** The members of `view`, which shows `now`, that differ from before; null if none do. */
export function changesBetween(
  before: Observation,
  now: Observation,
  view: EnvironmentView,
): Partial<EnvironmentView> | null {
  const changed = Object.entries(MEMBERS)
    .filter(([, of]) => !isDeepStrictEqual(of(before), of(now)))
    .map(([member]) => member);
  if (changed.length === 0) return null;
  if (changed.includes('status')) changed.push('lastCheckInAt');
  return Object.fromEntries(Object.entries(view).filter(([member]) => changed.includes(member)));
}
