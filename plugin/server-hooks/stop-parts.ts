import { type Problem, problem } from '../../protocol/problems.js';
import type { Clock } from '../../protocol/time/clock.js';
import { withinTime } from './disk/within-time.js';

/** Anything with a timer, a socket or a file. */
export interface StoppablePart {
  stop(): void | Promise<void>;
}

/** Time limit for all parts together, ms: running writes must end, and a disk can hang. */
const PARTS_MS = 4_000;

/**
 * Stops parts one after the other. A part that fails or times out does not prevent others from being stopped.
 * @throws the first failure; Problem `stop-incomplete` on timeout: that part keeps running
 */
export async function stopParts(parts: readonly StoppablePart[], clock: Clock): Promise<void> {
  const failures: unknown[] = [];
  const untilMs = clock.monotonic() + PARTS_MS;
  for (const part of parts) {
    try {
      const stopping = part.stop();
      if (stopping) await withinTime(stopping, untilMs - clock.monotonic(), clock, stopIncomplete);
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}

/** The error of a stop that timed out. */
export function stopIncomplete(): Problem {
  return problem('stop-incomplete');
}
