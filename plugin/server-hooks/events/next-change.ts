import type { LiveEnvironment } from '../live/environment.js';
import { isManager } from '../model/environment.js';
import type { Observation } from '../views/status/observe-environment.js';

/** For states whose end is not computed here: few environments have one. */
const SOON_MS = 1_000;
/** For the others. Nothing changes them but what is reported. */
const LATER_MS = 60_000;

/**
 * Monotonic ms at which an observation may change by the passing of time alone: an agent falls silent, a refusal is no
 * longer recent, a demand lapses, a manager stays unconfirmed. Perhaps too early; at most a second too late,
 * where a hold ended early.
 */
export function nextChangeMs(
  { environment, tunnel, refusal }: Observation,
  { presence, clock }: Pick<LiveEnvironment, 'presence' | 'clock'>,
): number {
  const now = clock.monotonic();
  let next = now + LATER_MS;
  if (refusal !== null && presence.recentRefusal !== null) next = Math.min(next, presence.recentUntilMs);
  if (tunnel === 'required') next = Math.min(next, now + SOON_MS);
  for (const instance of environment.instances) {
    const until = presence.liveUntilMs(instance.id);
    if (until === null) continue;
    next = Math.min(next, until);
    const isClaim = environment.swarm !== null && instance.node?.role === 'manager';
    if (isClaim && !isManager(environment, instance)) next = Math.min(next, now + SOON_MS);
  }
  return next;
}
