import { REFRESH_MS } from './refreshed-file.js';
import { type AgentStatus, readStatus } from './status-file.js';

/** Result of the `healthcheck` command. */
export interface Health {
  readonly healthy: boolean;
  /** One line for `docker inspect`. */
  readonly line: string;
}

const STALE_MS = 4 * REFRESH_MS;

/**
 * Whether the agent that writes this status file runs, its main loop turns, and its check-ins succeed in
 * time. Opens no port and makes no request.
 * @param path see `statusPath`
 * @param clock milliseconds since the epoch
 */
export async function checkHealth(path: string, clock: () => number = Date.now): Promise<Health> {
  const status = await readStatus(path);
  if (status === null || !isAlive(status.pid)) return sick('no agent is running here');
  const now = clock();
  const ageMs = Math.abs(now - status.writtenAtMs);
  if (ageMs > STALE_MS) return sick(`the agent's status is ${seconds(ageMs)} old`);
  if (status.succeededAtMs === null) return sick(`no check-in has succeeded yet${because(status)}`);
  const last = `last check-in ${seconds(now - status.succeededAtMs)} ago`;
  if (status.problem !== null || (status.dueAtMs !== null && now > status.dueAtMs)) {
    return sick(`${last}${because(status)}`);
  }
  return { healthy: true, line: `healthy: ${last}` };
}

function sick(reason: string): Health {
  return { healthy: false, line: `unhealthy: ${reason}` };
}

function because(status: AgentStatus): string {
  return status.problem === null ? '' : ` (${status.problem})`;
}

function seconds(durationMs: number): string {
  return `${Math.max(0, Math.round(durationMs / 1000))} s`;
}

/** Signal 0 only checks; EPERM means that the process exists under another user. */
function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
