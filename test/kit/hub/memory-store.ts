import type { Environment } from '../../../plugin/server-hooks/model/environment.js';
import { RecordStore } from '../../../plugin/server-hooks/store/record-store.js';
import type { StoreChange, Transaction } from '../../../plugin/server-hooks/store/store.js';
import { problem } from '../../../protocol/problems.js';
import { MemoryDatabase } from './memory-database.js';

/** A write that is visible here, and not committed yet. */
interface Pending {
  changes: readonly StoreChange[];
  attempt(): void;
  resolve(): void;
  reject(error: unknown): void;
}

interface Run<T> {
  readonly result: T;
  readonly changes: readonly StoreChange[];
}

/**
 * One hub's store over a database in memory, open from the start. Writes are committed in order, a turn later; one
 * whose record has moved is undone with those after it, and all run again on the database's records.
 */
export class MemoryStore extends RecordStore {
  readonly #database: MemoryDatabase;
  readonly #pending = new Set<Pending>();
  /** Length of the database's log that is known here. */
  #known = 0;
  #isOpen = true;
  #committing: Promise<void> | undefined;
  isFailing = false;

  constructor(database = new MemoryDatabase()) {
    super();
    this.#database = database;
  }

  async start(): Promise<void> {
    this.records.load(this.#database.contents());
    this.#known = this.#database.length;
    this.#isOpen = true;
  }

  async stop(): Promise<void> {
    this.#isOpen = false;
    await this.#committing;
  }

  transact<T>(work: (transaction: Transaction) => T): Promise<T> {
    return new Promise((resolve, reject) => {
      if (!this.#isOpen) throw problem('store-closed');
      this.#add(() => this.run(work), resolve, reject);
      this.#committing ??= this.#commitAll();
    });
  }

  /** Adds or replaces an environment, immediately. */
  put(environment: Environment): void {
    void this.transact((transaction) =>
      transaction.environment(environment.id)
        ? transaction.update(environment.id, () => environment)
        : transaction.create(() => environment),
    );
  }

  #add<T>(run: () => Run<T>, resolve?: (result: T) => void, reject?: (error: unknown) => void): void {
    let done = run();
    const pending: Pending = {
      changes: done.changes,
      attempt: () => {
        done = run();
        pending.changes = done.changes;
      },
      resolve: () => resolve?.(done.result),
      reject: (error) => reject?.(error),
    };
    this.#pending.add(pending);
    this.report(done.changes);
  }

  async #commitAll(): Promise<void> {
    for (let [next] = this.#pending; next; [next] = this.#pending) {
      await Promise.resolve();
      try {
        if (!this.#database.commit(this, next.changes)) this.#runAgain();
        else {
          this.#pending.delete(next);
          this.isFailing = false;
          this.writes.succeeded++;
          next.resolve();
        }
      } catch (cause) {
        this.#fail(cause);
        break;
      }
    }
    this.#committing = undefined;
  }

  #runAgain(): void {
    const pending = [...this.#pending];
    this.report(this.records.undo(pending.flatMap(({ changes }) => changes)));
    this.#catchUp();
    for (const one of pending) {
      try {
        one.attempt();
        this.report(one.changes);
      } catch (error) {
        this.#pending.delete(one);
        one.reject(error);
      }
    }
  }

  /** Follows the other hubs. */
  #catchUp(): void {
    const changes = this.#database.changesFor(this, this.#known);
    this.#known = this.#database.length;
    for (const change of changes) this.records.apply(change);
    this.report(changes);
  }

  /** Rejects all that is pending. What must not be lost waits for the next write. */
  #fail(cause: unknown): void {
    this.isFailing = true;
    this.writes.failed++;
    const pending = [...this.#pending];
    this.#pending.clear();
    const raise = this.undo(pending.flatMap(({ changes }) => changes));
    this.#add(() => this.run(raise));
    const error = problem('store-unwritable', { cause });
    for (const one of pending) one.reject(error);
  }
}
