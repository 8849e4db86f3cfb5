import type { Environment } from '../model/environment.js';
import type { EnvironmentOrigin } from '../model/webhook.js';
import type { Stored } from './store.js';

type Kept = Stored<Environment>;

/** In-memory environments with their lookup indexes. */
export class EnvironmentIndex {
  readonly #environments = new Map<number, Kept>();
  readonly #idsByName = new Map<string, number>();
  readonly #idsByOrigin = new Map<string, number>();

  clear(): void {
    this.#environments.clear();
    this.#idsByName.clear();
    this.#idsByOrigin.clear();
  }

  get(id: number): Kept | undefined {
    return this.#environments.get(id);
  }

  byName(name: string): Kept | undefined {
    return this.#at(this.#idsByName.get(name.trim()));
  }

  byExternalId(webhookId: string, externalId: string): Kept | undefined {
    return this.#at(this.#idsByOrigin.get(originKey({ webhookId, externalId })));
  }

  /** Sorted by id; a snapshot of the current set. */
  all(): Kept[] {
    return [...this.#environments.values()].sort((a, b) => a.id - b.id);
  }

  /** Adds or replaces an environment. */
  keep(environment: Kept): void {
    const before = this.get(environment.id);
    if (before) this.drop(before);
    this.#environments.set(environment.id, environment);
    this.#idsByName.set(environment.name.trim(), environment.id);
    if (environment.origin) this.#idsByOrigin.set(originKey(environment.origin), environment.id);
  }

  drop(environment: Kept): void {
    this.#environments.delete(environment.id);
    this.#idsByName.delete(environment.name.trim());
    if (environment.origin) this.#idsByOrigin.delete(originKey(environment.origin));
  }

  #at(id: number | undefined): Kept | undefined {
    return id === undefined ? undefined : this.#environments.get(id);
  }
}

/** Origins without an external id share an unused key. Webhook ids contain no space. */
function originKey({ webhookId, externalId }: EnvironmentOrigin): string {
  return externalId === null ? '' : `${webhookId} ${externalId}`;
}
