import { UndoLog } from './undo-log.js';

/** Records by their id, in the order in which they came, which a failed write takes back. */
export class RecordTable<K, V extends { readonly id: K }> {
  readonly #records = new Map<K, V>();
  readonly #undo = new UndoLog<K, V>();

  /** Begins anew with what the disk has. */
  load(records: readonly V[]): void {
    this.#records.clear();
    for (const record of records) this.#records.set(record.id, record);
  }

  get(id: K): V | undefined {
    return this.#records.get(id);
  }

  /** A list that stands while others change. */
  all(): V[] {
    return [...this.#records.values()];
  }

  put(record: V): void {
    this.#undo.changes(record.id, this.get(record.id));
    this.#records.set(record.id, record);
  }

  delete(id: K): void {
    this.#undo.changes(id, this.get(id));
    this.#records.delete(id);
  }

  /** See {@link UndoLog}. */
  writeBegins(): void {
    this.#undo.writeBegins();
  }

  writeSucceeded(): void {
    this.#undo.writeSucceeded();
  }

  rollback(): void {
    for (const [id, before] of this.#undo.rollback()) {
      if (before === undefined) this.#records.delete(id);
      else this.#records.set(id, before);
    }
  }
}
