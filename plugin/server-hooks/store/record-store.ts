import type { Environment } from '../model/environment.js';
import type { Settings } from '../model/settings.js';
import type { Webhook } from '../model/webhook.js';
import { RecordTransaction } from './record-transaction.js';
import { Records } from './records.js';
import type { Store, StoreChange, Transaction, Update } from './store.js';

/** What engines have in common: they keep all records in memory, and each write is a transaction. */
export abstract class RecordStore implements Store {
  readonly writes = { succeeded: 0, failed: 0 };
  protected readonly records = new Records();
  readonly #watchers = new Set<(change: StoreChange) => void>();

  abstract start(): Promise<void>;
  abstract stop(): Promise<void>;
  abstract readonly isFailing: boolean;
  /** Runs the work with {@link run} in the turn of the call, and resolves when its changes are durable. */
  abstract transact<T>(work: (transaction: Transaction) => T): Promise<T>;

  environment(id: number) {
    return this.records.environment(id);
  }

  environmentByName(name: string) {
    return this.records.environmentByName(name);
  }

  environmentByExternalId(webhookId: string, externalId: string) {
    return this.records.environmentByExternalId(webhookId, externalId);
  }

  environments() {
    return this.records.environments();
  }

  webhook(id: string) {
    return this.records.webhook(id);
  }

  webhooks() {
    return this.records.webhooks();
  }

  settings() {
    return this.records.settings();
  }

  create(make: (id: number) => Environment) {
    return this.transact((transaction) => transaction.create(make));
  }

  update(id: number, change: Update<Environment>) {
    return this.transact((transaction) => transaction.update(id, change));
  }

  remove(id: number) {
    return this.transact((transaction) => transaction.remove(id));
  }

  createWebhook(webhook: Webhook) {
    return this.transact((transaction) => transaction.createWebhook(webhook));
  }

  updateWebhook(id: string, change: Update<Webhook>) {
    return this.transact((transaction) => transaction.updateWebhook(id, change));
  }

  removeWebhook(id: string) {
    return this.transact((transaction) => transaction.removeWebhook(id));
  }

  updateSettings(change: (current: Settings) => Settings) {
    return this.transact((transaction) => transaction.updateSettings(change));
  }

  watch(listener: (change: StoreChange) => void): () => void {
    this.#watchers.add(listener);
    return () => this.#watchers.delete(listener);
  }

  /** Runs a transaction in memory; if `work` throws, nothing has changed. The engine reports the changes. */
  protected run<T>(work: (transaction: Transaction) => T): { result: T; changes: readonly StoreChange[] } {
    const transaction = new RecordTransaction(this.records);
    try {
      return { result: work(transaction), changes: transaction.end() };
    } catch (error) {
      this.records.undo(transaction.end());
      throw error;
    }
  }

  protected report(changes: readonly StoreChange[]): void {
    for (const change of changes) for (const watcher of this.#watchers) watcher(change);
  }

  /**
   * For a failed write: undoes its changes and those that build on it.
   * @returns the work that raises generations again, to be run now and written when possible
   */
  protected undo(changes: readonly StoreChange[]): (transaction: Transaction) => void {
    const undone = this.records.undo(changes);
    this.report(undone);
    return (transaction) => {
      for (const { kind, before: lost } of undone)
        if (kind === 'environment' && lost) raise(transaction, lost);
    };
  }
}

function raise(transaction: Transaction, { id, generation }: Environment): void {
  if (!transaction.environment(id)) return;
  transaction.update(id, (current) => (current.generation < generation ? { ...current, generation } : null));
}
