import type { Environment } from '../model/environment.js';
import type { Settings } from '../model/settings.js';
import type { Webhook } from '../model/webhook.js';

/**
 * Stores environments, webhooks and settings. Reads are synchronous, from memory; a write is visible to reads
 * immediately and on disk when its promise resolves. Concurrent writes share one fsync; those of one turn are stored
 * together or not at all. Another engine implements this and passes `test/plugin/server-hooks/store/store-contract.ts`.
 */
export interface Store {
  /**
   * Opens the store; creates it if absent.
   * @throws Problem `store-damaged`, `store-newer`, `store-unreadable`, `store-locked`
   */
  start(): Promise<void>;
  /** Completes pending writes and closes; safe to call twice. */
  stop(): Promise<void>;

  /** Whether the last write failed. The store retries by itself until one succeeds. */
  readonly isFailing: boolean;

  /** Undefined if it does not exist. */
  environment(id: number): Environment | undefined;
  /** By full name, case-sensitive; surrounding spaces are ignored. */
  environmentByName(name: string): Environment | undefined;
  /** By the external id that this webhook's sender gave. */
  environmentByExternalId(webhookId: string, externalId: string): Environment | undefined;
  /** All, sorted by id. */
  environments(): Iterable<Environment>;
  /** The next free id; never reused, not even after a deletion or a restart. */
  nextEnvironmentId(): number;
  /**
   * Adds or replaces. Resolves when fsynced; when it rejects, the change was rolled back, except a raised generation.
   * @throws Problem `name-taken` (409), `store-unwritable` (503), `store-closed` (503)
   */
  putEnvironment(environment: Environment): Promise<void>;
  /**
   * Resolves when deleted from disk; does nothing if it does not exist.
   * @throws Problem `store-unwritable` (503), `store-closed` (503)
   */
  deleteEnvironment(id: number): Promise<void>;

  /** Undefined if it does not exist. */
  webhook(id: string): Webhook | undefined;
  /** All, in order of creation. */
  webhooks(): Iterable<Webhook>;
  /** Adds or replaces. Resolves when fsynced. @throws Problem `store-unwritable` (503), `store-closed` (503) */
  putWebhook(webhook: Webhook): Promise<void>;
  /** Resolves when deleted from disk. @throws Problem `store-unwritable` (503), `store-closed` (503) */
  deleteWebhook(id: string): Promise<void>;

  /**
   * Resolves when everything visible to reads is on disk: for answers that depend on another caller's change.
   * @throws Problem `store-unwritable` (503)
   */
  settled(): Promise<void>;

  /** As last stored; defaults in a new store. */
  settings(): Settings;
  /** Replaces all settings. Resolves when fsynced. @throws Problem `store-unwritable` (503), `store-closed` (503) */
  putSettings(settings: Settings): Promise<void>;

  /**
   * Calls `listener` synchronously after each visible change, including rollbacks, with the environment's id, or null
   * for the settings. Returns the unsubscribe function.
   */
  onChange(listener: (environmentId: number | null) => void): () => void;
}
