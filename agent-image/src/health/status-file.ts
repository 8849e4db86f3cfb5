import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod/mini';
import type { AgentProblemCode } from '../../../protocol/problems/agent.js';
import type { Clock } from '../../../protocol/time/clock.js';
import type { AgentConfig } from '../config/read-config.js';
import type { Logger } from '../log.js';
import { replaceFile } from '../machine/replace-file.js';
import type { CheckInState } from './check-in-record.js';

/** How often a running agent refreshes its status file. */
export const STATUS_INTERVAL_MS = 15_000;

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

/** Reports the running agent's state to the `healthcheck` command in a small file that it refreshes. */
export class StatusFile {
  readonly #path: string;
  readonly #report: () => CheckInState;
  readonly #clock: Clock;
  readonly #logger: Pick<Logger, 'warn'>;
  #cancel: (() => void) | null = null;
  #writing: Promise<void> = Promise.resolve();
  #hasWarned = false;

  constructor(
    path: string,
    report: () => CheckInState,
    { clock, logger }: { clock: Clock; logger: Pick<Logger, 'warn'> },
  ) {
    this.#path = path;
    this.#report = report;
    this.#clock = clock;
    this.#logger = logger;
  }

  /** Writes the file now and every {@link STATUS_INTERVAL_MS}; resolves after the first write. Never throws. */
  async start(): Promise<void> {
    if (this.#cancel) return;
    this.#cancel = this.#clock.every(STATUS_INTERVAL_MS, () => void this.refresh());
    await this.refresh();
  }

  /** Stops refreshing and removes the file. */
  async stop(): Promise<void> {
    if (!this.#cancel) return;
    this.#cancel();
    this.#cancel = null;
    await this.#writing;
    await rm(this.#path, { force: true }).catch(() => {});
  }

  /** Writes the file, after any current write. Never throws; the first failure is logged. */
  refresh(): Promise<void> {
    this.#writing = this.#writing.then(() => this.#write());
    return this.#writing;
  }

  async #write(): Promise<void> {
    const status: AgentStatus = { pid: process.pid, writtenAtMs: this.#clock.now(), ...this.#report() };
    try {
      await replaceFile(this.#path, JSON.stringify(status), false);
    } catch (error) {
      if (!this.#hasWarned) {
        this.#logger.warn(
          { code: 'status-unwritable' satisfies AgentProblemCode, path: this.#path, err: error },
          'the status file cannot be written: the health check will fail',
        );
      }
      this.#hasWarned = true;
    }
  }
}
