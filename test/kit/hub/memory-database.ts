import { Records } from '../../../plugin/server-hooks/store/records.js';
import type { StoreChange } from '../../../plugin/server-hooks/store/store.js';

interface Entry {
  readonly hub: object;
  readonly change: StoreChange;
}

/** What several memory stores share, as hubs share a database: a commit is refused if a record has another revision. */
export class MemoryDatabase {
  /** Makes commits throw. */
  isBroken = false;
  readonly #records = new Records();
  readonly #log: Entry[] = [];

  contents() {
    return this.#records.contents();
  }

  get length(): number {
    return this.#log.length;
  }

  /** The changes of other hubs since the log had this length. */
  changesFor(hub: object, since: number): StoreChange[] {
    return this.#log.slice(since).flatMap((entry) => (entry.hub === hub ? [] : [entry.change]));
  }

  /** All or nothing; false: a record has changed, or its name is in use. */
  commit(hub: object, changes: readonly StoreChange[]): boolean {
    if (this.isBroken) throw new Error('the database is broken');
    const done: StoreChange[] = [];
    for (const change of changes) {
      if (!this.#fits(change)) {
        this.#records.undo(done);
        return false;
      }
      this.#records.apply(change);
      done.push(change);
    }
    this.#log.push(...changes.map((change) => ({ hub, change })));
    return true;
  }

  #fits(change: StoreChange): boolean {
    if (change.kind === 'settings') return this.#records.storedSettings().revision === change.before.revision;
    if (change.kind === 'webhook') {
      return this.#records.webhook(change.id)?.revision === change.before?.revision;
    }
    const { id, before, after } = change;
    const holder = after && this.#records.environmentByName(after.name);
    const isNameFree = holder === undefined || holder.id === id;
    return isNameFree && this.#records.environment(id)?.revision === before?.revision;
  }
}
