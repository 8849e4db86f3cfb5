import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Low } from 'lowdb';
import { problem } from '../../../../protocol/problems.js';
import { type Clock, systemClock } from '../../../../protocol/time/clock.js';
import { FolderLock } from '../../disk/folder-lock.js';
import type { Logger } from '../../host.js';
import type { Environment } from '../../model/environment.js';
import { DEFAULT_SETTINGS, type Settings } from '../../model/settings.js';
import type { Webhook } from '../../model/webhook.js';
import type { Store } from '../store.js';
import { EnvironmentIndex } from './environment-index.js';
import { GroupCommit } from './group-commit.js';
import { JsonFileAdapter } from './json-file-adapter.js';
import { RecordTable } from './record-table.js';
import { emptyStoreFile, SCHEMA_VERSION, type StoreFile } from './store-file.js';
import { UndoLog } from './undo-log.js';

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
export class LowdbStore implements Store {
  readonly #db: Low<StoreFile>;
  readonly #lock: FolderLock;
  readonly #folder: string;
  readonly #logger: Logger;
  readonly #clock: Clock;
  readonly #commits = new GroupCommit(
    () => this.#write(),
    () => this.#rollback(),
  );
  readonly #undo = new UndoLog<number, Environment>();
  readonly #settingsUndo = new UndoLog<'settings', Settings>();
  readonly #webhooks = new RecordTable<string, Webhook>();
  readonly #environments = new EnvironmentIndex();
  readonly #listeners = new Set<(environmentId: number | null) => void>();
  readonly #undoable = [this.#undo, this.#settingsUndo, this.#webhooks];
  #settings: Settings = DEFAULT_SETTINGS;
  #nextId = 1;
  #open = false;
  #cancelRetry: (() => void) | null = null;

  constructor({ path, logger, clock = systemClock }: LowdbStoreOptions) {
    this.#folder = dirname(path);
    this.#db = new Low(new JsonFileAdapter(path), emptyStoreFile());
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
    const { environments, settings, webhooks, nextEnvironmentId } = this.#db.data;
    this.#environments.clear();
    for (const environment of environments) this.#environments.keep(environment);
    this.#webhooks.load(webhooks);
    this.#settings = settings;
    this.#nextId = nextEnvironmentId;
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

  environment(id: number): Environment | undefined {
    return this.#environments.get(id);
  }

  environmentByName(name: string): Environment | undefined {
    return this.#environments.byName(name);
  }

  environmentByExternalId(webhookId: string, externalId: string): Environment | undefined {
    return this.#environments.byExternalId(webhookId, externalId);
  }

  environments(): Iterable<Environment> {
    return this.#environments.all();
  }

  nextEnvironmentId(): number {
    return this.#nextId++;
  }

  /** @throws Problem `name-taken` (409), `store-unwritable` (503), `store-closed` (503) */
  async putEnvironment(environment: Environment): Promise<void> {
    this.#requireOpen();
    const holder = this.environmentByName(environment.name);
    if (holder && holder.id !== environment.id) {
      throw problem('name-taken');
    }
    this.#undo.changes(environment.id, this.environment(environment.id));
    this.#environments.keep(environment);
    this.#nextId = Math.max(this.#nextId, environment.id + 1);
    this.#changed(environment.id);
    await this.#commits.commit();
  }

  async deleteEnvironment(id: number): Promise<void> {
    this.#requireOpen();
    const environment = this.environment(id);
    // A deleted one may still be on disk: wait for that write as well.
    if (environment) {
      this.#undo.changes(id, environment);
      this.#environments.drop(environment);
      this.#changed(id);
    }
    await this.#commits.commit();
  }

  settings(): Settings {
    return this.#settings;
  }

  async putSettings(settings: Settings): Promise<void> {
    this.#requireOpen();
    this.#settingsUndo.changes('settings', this.#settings);
    this.#settings = settings;
    this.#changed(null);
    await this.#commits.commit();
  }

  onChange(listener: (environmentId: number | null) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  webhook(id: string): Webhook | undefined {
    return this.#webhooks.get(id);
  }

  webhooks(): Iterable<Webhook> {
    return this.#webhooks.all();
  }

  async putWebhook(webhook: Webhook): Promise<void> {
    this.#requireOpen();
    this.#webhooks.put(webhook);
    await this.#commits.commit();
  }

  async deleteWebhook(id: string): Promise<void> {
    this.#requireOpen();
    this.#webhooks.delete(id);
    await this.#commits.commit();
  }

  settled(): Promise<void> {
    return this.#commits.settled();
  }

  async #write(): Promise<void> {
    for (const part of this.#undoable) part.writeStarted();
    this.#db.data = {
      schemaVersion: SCHEMA_VERSION,
      nextEnvironmentId: this.#nextId,
      settings: this.#settings,
      webhooks: this.#webhooks.all(),
      environments: [...this.environments()],
    };
    try {
      await this.#db.write();
    } catch (cause) {
      if (!this.isFailing) this.#logger.error({ err: cause }, 'the store cannot be written');
      this.#cancelRetry?.();
      this.#cancelRetry = this.#clock.after(
        RETRY_MS,
        () => void this.#commits.commit().catch(() => undefined),
      );
      throw problem('store-unwritable', { cause });
    }
    for (const part of this.#undoable) part.writeSucceeded();
    if (this.isFailing) this.#logger.info({}, 'the store can be written again');
    this.#cancelRetry?.();
    this.#cancelRetry = null;
  }

  #rollback(): void {
    const environments = this.#undo.rollback();
    const settings = this.#settingsUndo.rollback().get('settings');
    this.#webhooks.rollback();
    const lost = [...environments.keys()].map((id) => this.environment(id));
    // Drop all before restoring: two environments may have swapped names.
    for (const environment of lost) if (environment) this.#environments.drop(environment);
    for (const before of environments.values()) if (before) this.#environments.keep(before);
    this.#settings = settings ?? this.#settings;
    for (const environment of lost) if (environment) this.#raiseGeneration(environment);
    for (const id of environments.keys()) this.#changed(id);
    if (settings) this.#changed(null);
  }

  #changed(environmentId: number | null): void {
    for (const listener of this.#listeners) listener(environmentId);
  }

  #raiseGeneration({ id, generation }: Environment): void {
    const restored = this.environment(id);
    if (restored && restored.generation < generation) this.#environments.keep({ ...restored, generation });
  }

  #requireOpen(): void {
    if (!this.#open) throw problem('store-closed');
  }
}
