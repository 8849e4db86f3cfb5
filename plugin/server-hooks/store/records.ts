import type { Environment } from '../model/environment.js';
import { DEFAULT_SETTINGS, type Settings } from '../model/settings.js';
import type { Webhook } from '../model/webhook.js';
import { EnvironmentIndex } from './environment-index.js';
import type { StoreChange, Stored, StoredSettings, StoreReads } from './store.js';

/** Everything that a store holds. */
export interface StoreContents {
  readonly nextEnvironmentId: number;
  readonly settings: StoredSettings;
  readonly webhooks: readonly Stored<Webhook>[];
  readonly environments: readonly Stored<Environment>[];
}

/** The contents of a new store. */
export const NO_RECORDS: StoreContents = Object.freeze({
  nextEnvironmentId: 1,
  settings: Object.freeze({ revision: 1, settings: DEFAULT_SETTINGS }),
  webhooks: [],
  environments: [],
});

/** The records of a store in memory, as its hub sees them. */
export class Records implements StoreReads {
  readonly #environments = new EnvironmentIndex();
  readonly #webhooks = new Map<string, Stored<Webhook>>();
  #settings = NO_RECORDS.settings;
  #nextId = 1;

  /** Replaces everything. */
  load({ nextEnvironmentId, settings, webhooks, environments }: StoreContents): void {
    this.#environments.clear();
    for (const environment of environments) this.#environments.keep(environment);
    this.#webhooks.clear();
    for (const webhook of webhooks) this.#webhooks.set(webhook.id, webhook);
    this.#settings = settings;
    this.#nextId = nextEnvironmentId;
  }

  contents(): StoreContents {
    return {
      nextEnvironmentId: this.#nextId,
      settings: this.#settings,
      webhooks: this.webhooks(),
      environments: this.environments(),
    };
  }

  environment(id: number): Stored<Environment> | undefined {
    return this.#environments.get(id);
  }

  environmentByName(name: string): Stored<Environment> | undefined {
    return this.#environments.byName(name);
  }

  environmentByExternalId(webhookId: string, externalId: string): Stored<Environment> | undefined {
    return this.#environments.byExternalId(webhookId, externalId);
  }

  environments(): readonly Stored<Environment>[] {
    return this.#environments.all();
  }

  webhook(id: string): Stored<Webhook> | undefined {
    return this.#webhooks.get(id);
  }

  webhooks(): readonly Stored<Webhook>[] {
    return [...this.#webhooks.values()];
  }

  settings(): Settings {
    return this.#settings.settings;
  }

  storedSettings(): StoredSettings {
    return this.#settings;
  }

  /** Above every id that an environment has, or had before it was removed or undone. */
  get nextEnvironmentId(): number {
    return this.#nextId;
  }

  apply(change: StoreChange): void {
    if (change.kind === 'settings') this.#settings = change.after;
    else if (change.kind === 'webhook') {
      if (change.after) this.#webhooks.set(change.id, change.after);
      else this.#webhooks.delete(change.id);
    } else if (change.after) {
      this.#environments.keep(change.after);
      this.#nextId = Math.max(this.#nextId, change.id + 1);
    } else if (change.before) this.#environments.drop(change.before);
  }

  /** Undoes the latest changes. Returns what changed back, once for each record. */
  undo(changes: readonly StoreChange[]): StoreChange[] {
    const undone = new Map<string, StoreChange>();
    for (const change of changes.toReversed()) {
      const back = inverse(change);
      this.apply(back);
      const key = change.kind === 'settings' ? 'settings' : `${change.kind} ${change.id}`;
      const { before } = undone.get(key) ?? back;
      undone.set(key, { ...back, before } as StoreChange);
    }
    return [...undone.values()].filter(({ before, after }) => before !== after);
  }
}

function inverse(change: StoreChange): StoreChange {
  return { ...change, before: change.after, after: change.before } as StoreChange;
}
