import type { Clock } from '../../../protocol/time/clock.js';
import { type Environment, type Instance, isManager } from '../model/environment.js';
import type { LiveEnvironment } from './environment.js';

/** Grace period, ms: agent and managers poll at different times and may briefly disagree. */
const SETTLED_MS = 15_000;

/**
 * Whether an agent claims to be a manager and the trusted managers, given time, do not confirm it. Such an agent gets
 * nothing that concerns the whole Swarm.
 */
export function isUnconfirmedManager(
  environment: Environment,
  instance: Instance,
  { presence, roster }: Pick<LiveEnvironment, 'presence' | 'roster'>,
  clock: Clock,
): boolean {
  if (instance.node?.role !== 'manager' || environment.swarm === null) return false;
  if (isManager(environment, instance) || !presence.isLive(instance.id)) return false;
  const changes = [presence.enrolledMs(instance.id), roster.reportedMs];
  return changes.every((atMs) => atMs === null || clock.monotonic() - atMs > SETTLED_MS);
}

/** Whether an agent says that its node is a manager, and a known manager that could confirm it checks in. */
export function isConfirmable(
  environment: Environment | undefined,
  instanceId: string,
  { presence }: Pick<LiveEnvironment, 'presence'>,
): boolean {
  const { node } = environment?.instances.find(({ id }) => id === instanceId) ?? {};
  if (!environment || node?.role !== 'manager') return false;
  return environment.instances.some((one) => isManager(environment, one) && presence.isLive(one.id));
}
