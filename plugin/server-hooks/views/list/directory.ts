import type { Environment } from '../../model/environment.js';
import type { Store } from '../../store/store.js';

/** An environment with its precomputed filter and sort keys. */
export interface ListedEnvironment {
  readonly id: number;
  /** The current record of the store. */
  environment: Environment;
  /** Text that a search matches: name, tags and Edge ID, folded. */
  haystack: string;
  /** Milliseconds since the epoch. */
  readonly createdAtMs: number;
}

/** The store methods a directory needs. */
export type EnvironmentSource = Pick<Store, 'environments' | 'watch'>;

type Listed = readonly ListedEnvironment[];

/** Independent of the machine's locale; `depot 9` before `depot 10`. */
const COLLATOR = new Intl.Collator('und', { numeric: true });

/**
 * All environments ordered by id and by name, updated as they change: sorting 15,000 names takes a tenth of a second,
 * inserting one takes microseconds. Both arrays are replaced, never mutated, so iterating may span several turns.
 */
export class EnvironmentDirectory {
  readonly #store: EnvironmentSource;
  readonly #entries = new Map<number, ListedEnvironment>();
  #byId: Listed = [];
  #byName: Listed = [];
  #unsubscribe: (() => void) | null = null;

  constructor(store: EnvironmentSource) {
    this.#store = store;
  }

  /** Reads the store, which has to be open, and subscribes to it. */
  start(): void {
    if (this.#unsubscribe) return;
    this.#byId = [...this.#store.environments()].map(listed);
    for (const entry of this.#byId) this.#entries.set(entry.id, entry);
    this.#byName = [...this.#byId].sort((a, b) => compareNames(a, b.environment.name, b.id));
    this.#unsubscribe = this.#store.watch((change) => {
      if (change.kind === 'environment') this.#follow(change.id, change.after);
    });
  }

  /** Safe to call twice. */
  stop(): void {
    this.#unsubscribe?.();
    this.#unsubscribe = null;
    this.#entries.clear();
    this.#byId = [];
    this.#byName = [];
  }

  get byId(): Listed {
    return this.#byId;
  }

  get byName(): Listed {
    return this.#byName;
  }

  #follow(id: number, environment: Environment | undefined): void {
    const entry = this.#entries.get(id);
    if (entry && entry.environment.name === environment?.name) {
      entry.environment = environment;
      entry.haystack = haystackOf(environment);
      return;
    }
    if (entry) this.#remove(entry);
    if (environment) this.#add(listed(environment));
  }

  #add(entry: ListedEnvironment): void {
    const { id, environment } = entry;
    this.#entries.set(id, entry);
    this.#byId = this.#byId.toSpliced(placeOfId(this.#byId, id), 0, entry);
    this.#byName = this.#byName.toSpliced(placeOfName(this.#byName, environment.name, id), 0, entry);
  }

  #remove({ id, environment }: ListedEnvironment): void {
    this.#entries.delete(id);
    this.#byId = this.#byId.toSpliced(placeOfId(this.#byId, id), 1);
    this.#byName = this.#byName.toSpliced(placeOfName(this.#byName, environment.name, id), 1);
  }
}

/** The index of this name and id in a list by name, or where it would be inserted. */
export function placeOfName(byName: Listed, name: string, id: number): number {
  return placeOf(byName, (entry) => compareNames(entry, name, id));
}

/** Folds case and Unicode encodings of the same letter. */
export function fold(text: string): string {
  return text.normalize('NFKC').toLowerCase();
}

function placeOfId(byId: Listed, id: number): number {
  return placeOf(byId, (entry) => entry.id - id);
}

function placeOf(entries: Listed, compare: (entry: ListedEnvironment) => number): number {
  let [low, high] = [0, entries.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const entry = entries[middle];
    if (entry && compare(entry) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function compareNames({ id, environment }: ListedEnvironment, name: string, otherId: number): number {
  return COLLATOR.compare(environment.name, name) || id - otherId;
}

function listed(environment: Environment): ListedEnvironment {
  return {
    id: environment.id,
    environment,
    haystack: haystackOf(environment),
    createdAtMs: Date.parse(environment.createdAt) || 0,
  };
}

function haystackOf({ name, tags, edgeId }: Environment): string {
  return fold([name, ...tags, edgeId ?? ''].join('\n'));
}
