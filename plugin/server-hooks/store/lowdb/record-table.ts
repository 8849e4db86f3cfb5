import { UndoLog } from './undo-log.js';

/** Records by id, in insertion order, with rollback after a failed write. */
export class RecordTable<K, V extends { readonly id: K }> {
  readonly #records = new Map<K, V>();
  readonly #undo = new UndoLog<K, V>();

  /** Replaces the contents with those on disk. */
  load(records: readonly V[]): void {
    this.#records.clear();
    for (const record of records) this.#records.set(record.id, record);
  }

  get(id: K): V | undefined {
    return this.#records.get(id);
  }

  /** A copy of the current list. */
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
  writeStarted(): void {
    this.#undo.writeStarted();
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
