import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod/mini';
import type { AgentProblemCode } from '../../../protocol/problems/agent.js';
import type { Clock } from '../../../protocol/time/clock.js';
import type { AgentConfig } from '../config/read-config.js';
import type { Logger } from '../log.js';
import type { CheckInState } from './check-in-record.js';
import { RefreshedFile } from './refreshed-file.js';

const statusSchema = z.object({
  pid: z.int(),
  writtenAtMs: z.number(),
  succeededAtMs: z.nullable(z.number()),
  dueAtMs: z.nullable(z.number()),
  problem: z.nullable(z.string()),
});
export type AgentStatus = z.infer<typeof statusSchema>;

/**
 * Path of the status file for this configuration: in memory (`/dev/shm`) where available, because four
 * writes a minute would wear out an SD card.
 */
export function statusPath(config: Pick<AgentConfig, 'edgeId' | 'dataDir'>): string {
  const name = createHash('sha256').update(`${config.edgeId}|${config.dataDir}`).digest('hex').slice(0, 16);
  return join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), `fairlead-agent-${name}.json`);
}

/** Reads a status file; null if it is missing or malformed. */
export async function readStatus(path: string): Promise<AgentStatus | null> {
  try {
    return statusSchema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch {
    return null;
  }
}

/** Reports the running agent's state to the `healthcheck` command. */
export class StatusFile extends RefreshedFile {
  constructor(
    path: string,
    report: () => CheckInState,
    { clock, logger }: { clock: Clock; logger: Pick<Logger, 'warn' | 'info'> },
  ) {
    super({
      path,
      text: () => {
        const status: AgentStatus = { pid: process.pid, writtenAtMs: clock.now(), ...report() };
        return JSON.stringify(status);
      },
      clock,
      onFailure: (err) =>
        logger.warn(
          { code: 'status-unwritable' satisfies AgentProblemCode, path, err },
          'the status file cannot be written: the health check will fail',
        ),
      onRecovery: () => logger.info({ path }, 'the status file is written again'),
    });
  }
}
