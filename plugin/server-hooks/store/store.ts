import type { Environment } from '../model/environment.js';
import type { Settings } from '../model/settings.js';
import type { Webhook } from '../model/webhook.js';

/** A record as stored. `revision` is 1 when created and grows with each change. */
export type Stored<T> = T & { readonly revision: number };

/**
 * Computes a record from its current state. It has no effects, because it runs again if another hub wrote the record
 * first. Null or the same object: nothing changes. Throws to refuse.
 */
export type Update<T> = (current: Stored<T>) => T | null;

/** A visible change of one record. `before` undefined: created; `after` undefined: removed. */
export type StoreChange =
  | {
      readonly kind: 'environment';
      readonly id: number;
      readonly before: Stored<Environment> | undefined;
      readonly after: Stored<Environment> | undefined;
    }
  | {
      readonly kind: 'webhook';
      readonly id: string;
      readonly before: Stored<Webhook> | undefined;
      readonly after: Stored<Webhook> | undefined;
    }
  | {
      readonly kind: 'settings';
      readonly before: StoredSettings;
      readonly after: StoredSettings;
    };

/** Their revision is next to them: the API shows the settings as they are. */
export interface StoredSettings {
  readonly revision: number;
  readonly settings: Settings;
}

/** Synchronous reads, from memory. Records are replaced, never mutated. */
export interface StoreReads {
  /** Undefined if it does not exist. */
  environment(id: number): Stored<Environment> | undefined;
  /** By full name, case-sensitive; surrounding spaces are ignored. */
  environmentByName(name: string): Stored<Environment> | undefined;
  /** By the external id that this webhook's sender gave. */
  environmentByExternalId(webhookId: string, externalId: string): Stored<Environment> | undefined;
  /** All, sorted by id. */
  environments(): Iterable<Stored<Environment>>;
  /** Undefined if it does not exist. */
  webhook(id: string): Stored<Webhook> | undefined;
  /** All, in order of creation. */
  webhooks(): Iterable<Stored<Webhook>>;
  /** Defaults in a new store. */
  settings(): Settings;
}

/** The writes of one {@link Store.transact}; its reads see them. Unusable after the transaction. */
export interface Transaction extends StoreReads {
  /**
   * Adds an environment.
   * @param make gets the next free id, never used before, not even by a deleted environment. A copy may keep another
   *   free id; later ids are higher.
   * @throws Problem `name-taken` (409)
   */
  create(make: (id: number) => Environment): Stored<Environment>;
  /** @throws Problem `environment-not-found` (404), `name-taken` (409) */
  update(id: number, change: Update<Environment>): Stored<Environment>;
  /** Does nothing if it does not exist. */
  remove(id: number): void;
  createWebhook(webhook: Webhook): Stored<Webhook>;
  /** @throws Problem `webhook-not-found` (404) */
  updateWebhook(id: string, change: Update<Webhook>): Stored<Webhook>;
  /** Does nothing if it does not exist. */
  removeWebhook(id: string): void;
  updateSettings(change: (current: Settings) => Settings): Settings;
}

/**
 * Stores environments, webhooks and settings. Another engine implements this, usually by extending `RecordStore`, and
 * passes `test/plugin/server-hooks/store/store-contract.ts`.
 *
 * A write runs in the turn of its call and is visible to reads immediately; its promise resolves when it is durable,
 * also if it changed nothing: what it was based on is durable then. Where several hubs share the store, a write whose
 * record has moved to another revision is undone and run again on the current one.
 *
 * A promise that rejects left nothing behind, with one exception: a raised generation of an environment stays raised,
 * so that no revoked credential can match again. All writes reject with Problem `store-unwritable` (503),
 * `store-closed` (503), or the error of the {@link Transaction} method of the same name.
 */
export interface Store extends StoreReads {
  /**
   * Opens the store; creates it if absent.
   * @throws Problem `store-damaged`, `store-newer`, `store-unreadable`, `store-locked`
   */
  start(): Promise<void>;
  /** Completes pending writes and closes; safe to call twice. */
  stop(): Promise<void>;

  /** Whether the last write failed. The store retries by itself until one succeeds. */
  readonly isFailing: boolean;
  /** Number of writes to the disk or database so far. Concurrent changes may share one. */
  readonly writes: { readonly succeeded: number; readonly failed: number };

  create(make: (id: number) => Environment): Promise<Stored<Environment>>;
  update(id: number, change: Update<Environment>): Promise<Stored<Environment>>;
  remove(id: number): Promise<void>;
  createWebhook(webhook: Webhook): Promise<Stored<Webhook>>;
  updateWebhook(id: string, change: Update<Webhook>): Promise<Stored<Webhook>>;
  removeWebhook(id: string): Promise<void>;
  updateSettings(change: (current: Settings) => Settings): Promise<Settings>;

  /**
   * Writes several records: all of them or none. Also rejects with what `work` throws.
   * @param work synchronous and without other effects, because it may run again; the last result counts
   */
  transact<T>(work: (transaction: Transaction) => T): Promise<T>;

  /**
   * Calls `listener` synchronously after each visible change, in order; the changes of a transaction come after it is
   * complete. An undone write is a change back. Returns the function that ends this.
   */
  watch(listener: (change: StoreChange) => void): () => void;
}
