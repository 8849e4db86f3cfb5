import { ApiError } from '../api-client.js';

/** What is wrong with a form, and with which of its fields; null: with none, or all. */
export interface FormFault<Name extends string> {
  readonly field: Name | null;
  readonly words: string;
}

/** What is in a form beside what is stored. All values are texts, as fields have them. */
export class FormState<Name extends string> {
  readonly #saved: Map<Name, string>;
  readonly #edited = new Map<Name, string>();
  fault: FormFault<Name> | null = null;

  constructor(values: Readonly<Record<Name, string>>) {
    this.#saved = new Map(Object.entries(values) as [Name, string][]);
  }

  value(name: Name): string {
    return this.#edited.get(name) ?? this.#saved.get(name) ?? '';
  }

  set(name: Name, value: string): void {
    if (value === this.#saved.get(name)) this.#edited.delete(name);
    else this.#edited.set(name, value);
    if (this.fault?.field === name) this.fault = null;
  }

  /** What is stored now. What somebody has edited stays as it is, unless it is the same by now. */
  load(values: Readonly<Record<Name, string>>): void {
    for (const [name, value] of Object.entries(values) as [Name, string][]) {
      this.#saved.set(name, value);
      if (this.#edited.get(name) === value) this.#edited.delete(name);
    }
  }

  /** Fields that are not as they are stored. */
  get changed(): readonly Name[] {
    return [...this.#edited.keys()];
  }

  /** Forgets all edits. */
  reset(): void {
    this.#edited.clear();
    this.fault = null;
  }

  /**
   * A refusal, at the field that the hub names: `bad-request` begins with it. Codes in `owners` have one, too.
   * @returns whether there is such a field
   */
  refuse(error: unknown, owners: Readonly<Record<string, Name>> = {}): boolean {
    const words = error instanceof Error ? error.message : String(error);
    const code = error instanceof ApiError ? error.code : '';
    const [, named = '', rest = ''] = /^(\w+)(?:\.\d+)*: (.*)$/s.exec(words) ?? [];
    const field = code === 'bad-request' ? [...this.#saved.keys()].find((name) => name === named) : undefined;
    this.fault = field === undefined ? { field: owners[code] ?? null, words } : { field, words: rest };
    return this.fault.field !== null;
  }
}
