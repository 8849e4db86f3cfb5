import type { Clock } from '../../protocol/clock.js';
import { EdgeError } from '../../protocol/edge-error.js';
import { withinTime } from './within-time.js';

/** Whatever has a timer, a socket or a file. */
export interface StoppablePart {
  stop(): void | Promise<void>;
}

/** How long all parts together may take, ms: writes that are under way must end, and a disk can hang. */
const PARTS_MS = 4_000;

/**
 * Stops parts one after the other. One that fails, or takes too long, keeps no other from being stopped.
 * @throws the first failure; EdgeError `stop-incomplete` where there was no time left: that part goes on by itself
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

/** What a stop ends with that cannot wait any longer. */
export function stopIncomplete(): EdgeError {
  return new EdgeError('stop-incomplete', 'Part of the plugin did not stop in time, and goes on by itself');
}
