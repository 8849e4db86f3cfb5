import type { Environment } from '../model/environment.js';
import type { Settings } from '../model/settings.js';

/**
 * Where environments and settings live. Reads are from memory and synchronous; a write is visible to
 * reads at once and on disk when its promise resolves. Writes that come together share one fsync.
 * A second engine implements this and passes `test/plugin/store/store-contract.ts`.
 */
export interface Store {
  /** Opens it; an absent one is made. @throws EdgeError `store-damaged`, `store-newer`, `store-locked` */
  start(): Promise<void>;
  /** Writes what is left and closes; safe to call twice. */
  stop(): Promise<void>;

  environment(id: number): Environment | undefined;
  environmentByName(name: string): Environment | undefined;
  /** All, in order of their ids. */
  environments(): Iterable<Environment>;
  /** The next free id; never given twice, not even after a deletion or a restart. */
  nextEnvironmentId(): number;
  /** Adds or replaces. Resolves when it is fsynced. @throws EdgeError `store-unwritable` (503) */
  putEnvironment(environment: Environment): Promise<void>;
  deleteEnvironment(id: number): Promise<void>;

  settings(): Settings;
  putSettings(settings: Settings): Promise<void>;
}
