import { problem } from '../../../protocol/problems.js';
import type { Environment } from '../model/environment.js';
import type { Settings } from '../model/settings.js';
import type { Webhook } from '../model/webhook.js';
import type { Records } from './records.js';
import type { StoreChange, Stored, Transaction, Update } from './store.js';

/** Applies writes to records in memory immediately, and collects them: an engine commits or undoes them. */
export class RecordTransaction implements Transaction {
  readonly #records: Records;
  readonly #changes: StoreChange[] = [];
  #isOver = false;

  constructor(records: Records) {
    this.#records = records;
  }

  /** Ends it. Returns its changes in order. */
  end(): readonly StoreChange[] {
    this.#isOver = true;
    return this.#changes;
  }

  environment(id: number) {
    return this.#records.environment(id);
  }

  environmentByName(name: string) {
    return this.#records.environmentByName(name);
  }

  environmentByExternalId(webhookId: string, externalId: string) {
    return this.#records.environmentByExternalId(webhookId, externalId);
  }

  environments() {
    return this.#records.environments();
  }

  webhook(id: string) {
    return this.#records.webhook(id);
  }

  webhooks() {
    return this.#records.webhooks();
  }

  settings() {
    return this.#records.settings();
  }

  create(make: (id: number) => Environment): Stored<Environment> {
    const after = { ...make(this.#records.nextEnvironmentId), revision: 1 };
    const { id } = after;
    if (this.environment(id)) throw new Error(`environment ${id} already exists`);
    this.#requireFreeName(after);
    this.#apply({ kind: 'environment', id, before: undefined, after });
    return after;
  }

  update(id: number, change: Update<Environment>): Stored<Environment> {
    const before = this.environment(id);
    if (!before) throw problem('environment-not-found');
    const after = updated(before, change);
    if (after === before) return before;
    this.#requireFreeName(after);
    this.#apply({ kind: 'environment', id, before, after });
    return after;
  }

  remove(id: number): void {
    const before = this.environment(id);
    if (before) this.#apply({ kind: 'environment', id, before, after: undefined });
  }

  createWebhook(webhook: Webhook): Stored<Webhook> {
    const after = { ...webhook, revision: 1 };
    if (this.webhook(after.id)) throw new Error('the webhook already exists');
    this.#apply({ kind: 'webhook', id: after.id, before: undefined, after });
    return after;
  }

  updateWebhook(id: string, change: Update<Webhook>): Stored<Webhook> {
    const before = this.webhook(id);
    if (!before) throw problem('webhook-not-found');
    const after = updated(before, change);
    if (after !== before) this.#apply({ kind: 'webhook', id, before, after });
    return after;
  }

  removeWebhook(id: string): void {
    const before = this.webhook(id);
    if (before) this.#apply({ kind: 'webhook', id, before, after: undefined });
  }

  updateSettings(change: (current: Settings) => Settings): Settings {
    const before = this.#records.storedSettings();
    const settings = change(before.settings);
    if (settings !== before.settings) {
      this.#apply({ kind: 'settings', before, after: { revision: before.revision + 1, settings } });
    }
    return settings;
  }

  #requireFreeName({ id, name }: Environment): void {
    const holder = this.environmentByName(name);
    if (!holder || holder.id === id) return;
    // Do not say which: the caller may not be allowed to see it.
    throw problem('name-taken');
  }

  #apply(change: StoreChange): void {
    if (this.#isOver) throw new Error('the transaction is over: its work has to be synchronous');
    this.#records.apply(change);
    this.#changes.push(change);
  }
}

function updated<T>(before: Stored<T>, change: Update<T>): Stored<T> {
  const next = change(before);
  return next === null || next === before ? before : { ...next, revision: before.revision + 1 };
}
