import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod/mini';
import { codeOf } from '../../../protocol/edge-error.js';
import type { AgentConfig } from '../config/read-config.js';
import type { Logger } from '../log.js';
import { replaceFile } from '../machine/replace-file.js';

/** How often a running agent refreshes its status file. */
export const STATUS_INTERVAL_MS = 15_000;

/** State of the check-ins; times in milliseconds since the epoch. */
export interface CheckInState {
  /** When the hub last answered a check-in with a state; null: not yet. */
  readonly succeededAtMs: number | null;
  /** Deadline of the next success: end of the interval or hold, plus some slack. */
  readonly dueAtMs: number | null;
  /** Stable code of the last failure since the last success, such as `hub-refused`; null: none. */
  readonly problem: string | null;
}

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
  readonly #clock: () => number;
  readonly #log: Pick<Logger, 'warn'>;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();
  #hasWarned = false;

  constructor(
    path: string,
    report: () => CheckInState,
    { clock, log }: { clock: () => number; log: Pick<Logger, 'warn'> },
  ) {
    this.#path = path;
    this.#report = report;
    this.#clock = clock;
    this.#log = log;
  }

  /** Writes the file now and every {@link STATUS_INTERVAL_MS}; resolves after the first write. Never throws. */
  async start(): Promise<void> {
    if (this.#timer !== undefined) return;
    this.#timer = setInterval(() => void this.refresh(), STATUS_INTERVAL_MS);
    this.#timer.unref();
    await this.refresh();
  }

  /** Stops refreshing and removes the file. */
  async stop(): Promise<void> {
    if (this.#timer === undefined) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    await this.#writing;
    await rm(this.#path, { force: true }).catch(() => {});
  }

  /** Writes the file, after any current write. Never throws; the first failure is logged. */
  refresh(): Promise<void> {
    this.#writing = this.#writing.then(() => this.#write());
    return this.#writing;
  }

  async #write(): Promise<void> {
    const status: AgentStatus = { pid: process.pid, writtenAtMs: this.#clock(), ...this.#report() };
    try {
      await replaceFile(this.#path, JSON.stringify(status), false);
    } catch (error) {
      if (!this.#hasWarned) {
        this.#log.warn(
          { code: 'status-unwritable', path: this.#path, cause: codeOf(error) },
          'the status file cannot be written: the health check will fail',
        );
      }
      this.#hasWarned = true;
    }
  }
}
