import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Low } from 'lowdb';
import { problem } from '../../../../protocol/problems.js';
import { type Clock, systemClock } from '../../../../protocol/time/clock.js';
import { FolderLock } from '../../disk/folder-lock.js';
import type { Logger } from '../../host.js';
import { RecordStore } from '../record-store.js';
import { NO_RECORDS, type StoreContents } from '../records.js';
import type { StoreChange, Transaction } from '../store.js';
import { GroupCommit } from './group-commit.js';
import { JsonFileAdapter } from './json-file-adapter.js';

export interface LowdbStoreOptions {
  /** The JSON file; its folder is created, and locked while the store is open. */
  readonly path: string;
  readonly logger: Logger;
  /** Default: the system's. */
  readonly clock?: Clock;
}

/** Retry interval after a failed write, ms. */
const RETRY_MS = 5_000;

/**
 * The store as one JSON file, using lowdb. Everything is in memory; each write replaces the whole file, and concurrent
 * changes share one write.
 *
 * A failed write is rolled back, together with the changes made during it, which build on it: memory then equals the
 * disk. Only generations stay raised, so that no old credential can match again. The next change retries, and without
 * one the store retries by itself; nothing needs repair.
 */
export class LowdbStore extends RecordStore {
  readonly #db: Low<StoreContents>;
  readonly #lock: FolderLock;
  readonly #folder: string;
  readonly #logger: Logger;
  readonly #clock: Clock;
  readonly #commits = new GroupCommit(
    () => this.#write(),
    () => this.#rollback(),
  );
  /** Changes in the write under way, and after it. */
  #writing: readonly StoreChange[] = [];
  #later: StoreChange[] = [];
  #open = false;
  #cancelRetry: (() => void) | null = null;

  constructor({ path, logger, clock = systemClock }: LowdbStoreOptions) {
    super();
    this.#folder = dirname(path);
    this.#db = new Low(new JsonFileAdapter(path), NO_RECORDS);
    this.#lock = new FolderLock(this.#folder);
    this.#logger = logger;
    this.#clock = clock;
  }

  async start(): Promise<void> {
    if (this.#open) return;
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    await this.#lock.acquire();
    try {
      await this.#db.read();
    } catch (error) {
      await this.#lock.release();
      throw error;
    }
    this.records.load(this.#db.data);
    this.#open = true;
  }

  async stop(): Promise<void> {
    this.#open = false;
    await this.#commits.idle();
    this.#cancelRetry?.();
    this.#cancelRetry = null;
    await this.#lock.release();
  }

  get isFailing(): boolean {
    return this.#cancelRetry !== null;
  }

  async transact<T>(work: (transaction: Transaction) => T): Promise<T> {
    if (!this.#open) throw problem('store-closed');
    const { result, changes } = this.run(work);
    this.#later.push(...changes);
    this.report(changes);
    await (changes.length > 0 ? this.#commits.commit() : this.#commits.settled());
    return result;
  }

  async #write(): Promise<void> {
    this.#writing = this.#later;
    this.#later = [];
    this.#db.data = this.records.contents();
    try {
      await this.#db.write();
    } catch (cause) {
      this.writes.failed++;
      if (!this.isFailing) this.#logger.error({ err: cause }, 'the store cannot be written');
      this.#cancelRetry?.();
      this.#cancelRetry = this.#clock.after(
        RETRY_MS,
        () => void this.#commits.commit().catch(() => undefined),
      );
      throw problem('store-unwritable', { cause });
    }
    this.writes.succeeded++;
    this.#writing = [];
    if (this.isFailing) this.#logger.info({}, 'the store can be written again');
    this.#cancelRetry?.();
    this.#cancelRetry = null;
  }

  #rollback(): void {
    const raise = this.undo([...this.#writing, ...this.#later]);
    const { changes } = this.run(raise);
    this.#writing = [];
    this.#later = [...changes];
    this.report(changes);
  }
}
