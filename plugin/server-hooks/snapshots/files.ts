import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { removeLeftovers, writeFileWhole } from '../../../protocol/disk/write-file-durably.js';
import { type ProblemCode, problem } from '../../../protocol/problems.js';
import type { Logger } from '../host.js';
import type { Instance } from '../model/environment.js';
import { type EncodedSnapshot, SnapshotFile, type SnapshotSummary } from './encode.js';

export type { SnapshotSummary } from './encode.js';

export interface SnapshotFilesOptions {
  /** Dedicated folder; created if missing. */
  readonly dir: string;
  readonly logger: Logger;
  /** An environment's instances. The next write deletes the snapshots of others. */
  readonly instancesOf: (environmentId: number) => readonly Pick<Instance, 'id'>[];
  /**
   * Limit for all snapshots of one environment: anyone with an Edge key can enrol many agents. Default 256 MB.
   */
  readonly maxEnvironmentBytes?: number;
}

/** Concurrent reads of one environment's snapshots: each keeps a file of every agent open until it ends. */
const MAX_READERS = 8;
/** Environment and instance; ids of instances are UUIDs. */
const FILE_NAME = /^([1-9][0-9]{0,14})\.([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.json$/;
const MAX_ENVIRONMENT_BYTES = 256 * 1024 * 1024;
const NONE: ReadonlyMap<string, SnapshotSummary> = new Map();

interface Kept {
  /** By instance; replaced, never mutated. */
  readonly summaries: ReadonlyMap<string, SnapshotSummary>;
  readonly bytes: ReadonlyMap<string, number>;
}

/**
 * The latest snapshot of each instance, one file each; summaries are kept in memory. Snapshots can be taken again, so a
 * damaged file counts as absent and nothing is fsynced.
 */
export class SnapshotFiles {
  readonly #options: SnapshotFilesOptions;
  readonly #kept = new Map<number, Kept>();
  /** The last operation by environment: writes and deletions run in order. */
  readonly #last = new Map<number, Promise<void>>();
  readonly #readers = new Map<number, number>();
  #isFailing = false;

  constructor(options: SnapshotFilesOptions) {
    this.#options = options;
  }

  /** Loads the summaries. */
  async start(): Promise<void> {
    const { dir } = this.#options;
    await mkdir(dir, { recursive: true, mode: 0o700 });
    await removeLeftovers(dir, (name) => FILE_NAME.test(name));
    for (const name of await readdir(dir)) {
      const [, environmentId, instanceId] = FILE_NAME.exec(name) ?? [];
      if (environmentId === undefined || instanceId === undefined) continue;
      // An unreadable file must not keep the hub from starting; the agent sends the next snapshot.
      const file = await this.#openFile(Number(environmentId), instanceId).catch(() => null);
      if (!file) continue;
      this.#keep(Number(environmentId), instanceId, file.summary, file.bytes);
      await file.close();
    }
  }

  /** Resolves when all writes have ended. Safe to call twice. */
  async stop(): Promise<void> {
    await Promise.allSettled(this.#last.values());
  }

  /** Whether the last write failed. */
  get isFailing(): boolean {
    return this.#isFailing;
  }

  /** The summary of each instance that has sent a snapshot. From memory; a new map on each change. */
  summaries(environmentId: number): ReadonlyMap<string, SnapshotSummary> {
    return this.#kept.get(environmentId)?.summaries ?? NONE;
  }

  /**
   * Registers a reader of an environment's snapshots; the returned function releases it.
   * @throws Problem `snapshot-busy` (503)
   */
  enter(environmentId: number): () => void {
    const readers = this.#readers.get(environmentId) ?? 0;
    if (readers >= MAX_READERS) {
      throw problem('snapshot-busy', { retryAfterSeconds: 1 });
    }
    this.#readers.set(environmentId, readers + 1);
    return () => {
      const left = (this.#readers.get(environmentId) ?? 1) - 1;
      if (left > 0) this.#readers.set(environmentId, left);
      else this.#readers.delete(environmentId);
    };
  }

  /**
   * Opens the latest snapshot of an instance; the caller closes it. Null before the first, and if the file is missing
   * or damaged.
   * @throws Problem `snapshot-unreadable` (503): it exists, but the disk or the process's limits prevent reading it
   */
  async open(environmentId: number, instanceId: string): Promise<SnapshotFile | null> {
    return this.summaries(environmentId).has(instanceId) ? this.#openFile(environmentId, instanceId) : null;
  }

  /**
   * Stores `snapshot` as the latest one of an instance. Does nothing if the instance left the environment.
   * @throws Problem `snapshot-unwritable` (503), `snapshot-space-full` (507); the previous one is then kept
   */
  write(
    environmentId: number,
    { id }: Pick<Instance, 'id'>,
    { summary, bytes }: EncodedSnapshot,
  ): Promise<void> {
    return this.#inOrder(environmentId, async () => {
      const known = new Set(this.#options.instancesOf(environmentId).map((instance) => instance.id));
      if (!known.has(id)) return;
      await this.#dropOthers(environmentId, known);
      this.#requireSpace(environmentId, id, bytes.length);
      await this.#store(environmentId, id, bytes);
      this.#keep(environmentId, id, summary, bytes.length);
    });
  }

  /** Deletes the environment's snapshots; does nothing if there are none. */
  delete(environmentId: number): Promise<void> {
    return this.#inOrder(environmentId, () => this.#dropOthers(environmentId, new Set()));
  }

  /** Deletes the snapshots of replaced instances. */
  async #dropOthers(environmentId: number, known: ReadonlySet<string>): Promise<void> {
    const kept = this.#kept.get(environmentId);
    const removed = [...(kept?.summaries.keys() ?? [])].filter((id) => !known.has(id));
    if (!kept || removed.length === 0) return;
    const isKnown = ([id]: readonly [string, unknown]) => known.has(id);
    const summaries = new Map([...kept.summaries].filter(isKnown));
    const bytes = new Map([...kept.bytes].filter(isKnown));
    if (summaries.size > 0) this.#kept.set(environmentId, { summaries, bytes });
    else this.#kept.delete(environmentId);
    for (const id of removed) await rm(this.#path(environmentId, id), { force: true });
  }

  #requireSpace(environmentId: number, instanceId: string, bytes: number): void {
    let sum = bytes;
    for (const [id, size] of this.#kept.get(environmentId)?.bytes ?? []) if (id !== instanceId) sum += size;
    if (sum <= (this.#options.maxEnvironmentBytes ?? MAX_ENVIRONMENT_BYTES)) return;
    throw problem('snapshot-space-full');
  }

  async #store(environmentId: number, instanceId: string, bytes: Uint8Array): Promise<void> {
    const { logger } = this.#options;
    const path = this.#path(environmentId, instanceId);
    try {
      await writeFileWhole(path, bytes);
    } catch (cause) {
      if (!this.#isFailing) logger.error({ err: cause }, 'snapshots cannot be written');
      this.#isFailing = true;
      throw problem('snapshot-unwritable', { cause });
    }
    if (this.#isFailing) logger.info({}, 'snapshots can be written again');
    this.#isFailing = false;
  }

  #keep(environmentId: number, instanceId: string, summary: SnapshotSummary, bytes: number): void {
    const kept = this.#kept.get(environmentId);
    this.#kept.set(environmentId, {
      summaries: new Map([...(kept?.summaries ?? []), [instanceId, summary]]),
      bytes: new Map([...(kept?.bytes ?? []), [instanceId, bytes]]),
    });
  }

  /** Logs no error text: it quotes the file, and labels may be secret. */
  async #openFile(environmentId: number, instanceId: string): Promise<SnapshotFile | null> {
    try {
      return await SnapshotFile.open(this.#path(environmentId, instanceId));
    } catch (error) {
      const { logger } = this.#options;
      const code = isSystemError(error) ? error.code : ('snapshot-damaged' satisfies ProblemCode);
      if (code === 'ENOENT') return null;
      const fields = { environment: environmentId, instance: instanceId, code };
      if (code === 'snapshot-damaged') {
        logger.warn(fields, 'ignoring a damaged snapshot');
        return null;
      }
      logger.error(fields, 'cannot read a snapshot');
      throw problem('snapshot-unreadable', { retryAfterSeconds: 1, cause: error });
    }
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

  /** @throws RangeError for an instance id that is not a UUID: it is part of a path */
  #path(environmentId: number, instanceId: string): string {
    const name = `${environmentId}.${instanceId}.json`;
    if (!FILE_NAME.test(name)) throw new RangeError('not a snapshot file name');
    return join(this.#options.dir, name);
  }
}

/** Whether this is a file system error; errors in a file's content have no `errno`. */
function isSystemError(error: unknown): error is NodeJS.ErrnoException & { readonly code: string } {
  return error instanceof Error && 'errno' in error && 'code' in error;
}
