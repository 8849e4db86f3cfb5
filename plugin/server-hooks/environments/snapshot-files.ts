import { type FileHandle, mkdir, open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import * as z from 'zod/mini';
import { EdgeError } from '../../../protocol/edge-error.js';
import { type Snapshot, snapshotSchema } from '../../../protocol/snapshot.js';
import { removeLeftovers, writeFileWhole } from '../disk/write-file-durably.js';
import type { Logger } from '../host.js';

/** What lists need of a snapshot. */
export type SnapshotSummary = Pick<Snapshot, 'takenAt' | 'counts' | 'engine' | 'swarm'>;

export interface SnapshotFilesOptions {
  /** Folder for them alone; made when it is not there. */
  readonly dir: string;
  readonly logger: Logger;
}

const FILE_NAME = /^([1-9][0-9]{0,14})\.json$/;
/** More than a summary can have, by the bounds of its schema. */
const SUMMARY_BYTES = 16 * 1024;

/**
 * The latest snapshot of each environment, one file each, with the little that lists show kept in memory. The first
 * line of a file is that little, the second the snapshot, so that a start need not read them all.
 * A snapshot can be taken anew: a file that cannot be read counts as absent, and nothing is fsynced.
 */
export class SnapshotFiles {
  readonly #dir: string;
  readonly #logger: Logger;
  readonly #summaries = new Map<number, SnapshotSummary>();
  /** What is under way, by environment: writes and deletions happen in the order they were asked for. */
  readonly #last = new Map<number, Promise<void>>();
  #isFailing = false;

  constructor({ dir, logger }: SnapshotFilesOptions) {
    this.#dir = dir;
    this.#logger = logger;
  }

  /** Reads what lists need. */
  async start(): Promise<void> {
    await mkdir(this.#dir, { recursive: true, mode: 0o700 });
    await removeLeftovers(this.#dir, (name) => FILE_NAME.test(name));
    for (const name of await readdir(this.#dir)) {
      const id = FILE_NAME.exec(name)?.[1];
      if (id !== undefined) await this.#readSummary(Number(id));
    }
  }

  /** Resolves when all writes have ended. Safe to call twice. */
  async stop(): Promise<void> {
    await Promise.allSettled(this.#last.values());
  }

  /** Whether the last one could not be written. */
  get isFailing(): boolean {
    return this.#isFailing;
  }

  /** Null before the first snapshot. From memory. */
  summary(environmentId: number): SnapshotSummary | null {
    return this.#summaries.get(environmentId) ?? null;
  }

  /**
   * The latest snapshot as JSON, piece by piece: it may have 8 MB, was checked before it was written, and to read it
   * here would keep everybody else waiting. Null before the first, and when the file is damaged.
   */
  async open(environmentId: number): Promise<Readable | null> {
    if (!this.#summaries.has(environmentId)) return null;
    try {
      const file = await open(this.#path(environmentId), 'r');
      try {
        const start = 1 + (await headOf(file)).indexOf('\n');
        return file.createReadStream({ start });
      } catch (error) {
        await file.close();
        throw error;
      }
    } catch (error) {
      this.#warn(environmentId, error);
      return null;
    }
  }

  /**
   * Keeps `snapshot` as the latest one.
   * @throws EdgeError `snapshot-unwritable` (503); the one before is then still there
   */
  write(environmentId: number, snapshot: Snapshot): Promise<void> {
    return this.#inOrder(environmentId, async () => {
      const summary = summarize(snapshot);
      const text = `${JSON.stringify(summary)}\n${JSON.stringify(snapshot)}\n`;
      await this.#store(environmentId, text);
      this.#summaries.set(environmentId, summary);
    });
  }

  /** Forgets the environment's snapshot; nothing happens when there is none. */
  delete(environmentId: number): Promise<void> {
    return this.#inOrder(environmentId, async () => {
      this.#summaries.delete(environmentId);
      await rm(this.#path(environmentId), { force: true });
    });
  }

  async #store(environmentId: number, text: string): Promise<void> {
    try {
      await writeFileWhole(this.#path(environmentId), text);
    } catch (cause) {
      if (!this.#isFailing) this.#logger.error({ err: cause }, 'snapshots cannot be written');
      this.#isFailing = true;
      throw new EdgeError('snapshot-unwritable', 'The snapshot could not be stored', { status: 503, cause });
    }
    if (this.#isFailing) this.#logger.info({}, 'snapshots can be written again');
    this.#isFailing = false;
  }

  async #readSummary(environmentId: number): Promise<void> {
    try {
      const [line] = (await readHead(this.#path(environmentId))).split('\n', 1);
      this.#summaries.set(environmentId, summarySchema.parse(JSON.parse(line ?? '')));
    } catch (error) {
      this.#warn(environmentId, error);
    }
  }

  /** Without the error's text: it quotes the file, and labels may hold what nobody should log. */
  #warn(environmentId: number, error: unknown): void {
    const { code } = Object(error);
    if (code === 'ENOENT') return;
    this.#logger.warn(
      { environmentId, cause: code ?? 'damaged' },
      'a snapshot cannot be read: it counts as absent',
    );
  }

  async #inOrder(environmentId: number, step: () => Promise<void>): Promise<void> {
    const before = this.#last.get(environmentId) ?? Promise.resolve();
    const own = before.catch(() => undefined).then(step);
    this.#last.set(environmentId, own);
    try {
      await own;
    } finally {
      if (this.#last.get(environmentId) === own) this.#last.delete(environmentId);
    }
  }

  #path(environmentId: number): string {
    return join(this.#dir, `${environmentId}.json`);
  }
}

const summarySchema = z.pick(snapshotSchema, { takenAt: true, counts: true, engine: true, swarm: true });

function summarize({ takenAt, counts, engine, swarm }: Snapshot): SnapshotSummary {
  return { takenAt, counts, engine, swarm };
}

async function readHead(path: string): Promise<string> {
  const file = await open(path, 'r');
  try {
    return (await headOf(file)).toString('utf8');
  } finally {
    await file.close();
  }
}

async function headOf(file: FileHandle): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(SUMMARY_BYTES), position: 0 });
  return buffer.subarray(0, bytesRead);
}
