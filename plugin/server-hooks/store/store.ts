import type { Environment } from '../model/environment.js';
import type { Settings } from '../model/settings.js';
import type { Webhook } from '../model/webhook.js';

/**
 * Where environments, webhooks and settings live. Reads are from memory and synchronous; a write is visible to
 * reads at once and on disk when its promise resolves. Writes that come together share one fsync;
 * those of one turn are stored together or not at all.
 * A second engine implements this and passes `test/plugin/store/store-contract.ts`.
 */
export interface Store {
  /**
   * Opens it; an absent one is made.
   * @throws EdgeError `store-damaged`, `store-newer`, `store-unreadable`, `store-locked`
   */
  start(): Promise<void>;
  /** Writes what is left and closes; safe to call twice. */
  stop(): Promise<void>;

  /** Whether the last write failed. The store tries again by itself until one succeeds. */
  readonly isFailing: boolean;

  /** Undefined where there is none, or not any more. */
  environment(id: number): Environment | undefined;
  /** By its whole name, letter case included; spaces around it do not count. */
  environmentByName(name: string): Environment | undefined;
  /** The one that this webhook's senders call so. */
  environmentByExternalId(webhookId: string, externalId: string): Environment | undefined;
  /** All, in order of their ids. */
  environments(): Iterable<Environment>;
  /** The next free id; never given twice, not even after a deletion or a restart. */
  nextEnvironmentId(): number;
  /**
   * Adds or replaces. Resolves when it is fsynced; when it rejects, the change was taken back, but for a raised generation.
   * @throws EdgeError `name-taken` (409), `store-unwritable` (503), `store-closed` (503)
   */
  putEnvironment(environment: Environment): Promise<void>;
  /**
   * Resolves when it is gone from disk; nothing to do where there is none.
   * @throws EdgeError `store-unwritable` (503), `store-closed` (503)
   */
  deleteEnvironment(id: number): Promise<void>;

  /** Undefined where there is none, or not any more. */
  webhook(id: string): Webhook | undefined;
  /** All, in the order in which they were made. */
  webhooks(): Iterable<Webhook>;
  /** Adds or replaces. Resolves when it is fsynced. @throws EdgeError `store-unwritable` (503), `store-closed` (503) */
  putWebhook(webhook: Webhook): Promise<void>;
  /** Resolves when it is gone from disk. @throws EdgeError `store-unwritable` (503), `store-closed` (503) */
  deleteWebhook(id: string): Promise<void>;

  /**
   * Resolves when all that reads show is on disk: for an answer that tells of somebody else's change.
   * @throws EdgeError `store-unwritable` (503)
   */
  settled(): Promise<void>;

  /** As last put; a new store has the defaults. */
  settings(): Settings;
  /** Replaces all settings. Resolves when they are fsynced. @throws EdgeError `store-unwritable` (503), `store-closed` (503) */
  putSettings(settings: Settings): Promise<void>;

  /**
   * Calls `listener` synchronously after each change of what reads show, one that a failed write takes back included:
   * with the environment's id, or null for the settings. Returns a function that ends it.
   */
  onChange(listener: (environmentId: number | null) => void): () => void;
}
