import { ApiError } from '../api/client.js';
import { toError } from '../format/error.js';

/** An error of a form. `field` null: not of a single field. */
export interface FormFault<Name extends string> {
  readonly field: Name | null;
  readonly message: string;
}

/** A form's saved values and unsaved edits. All values are texts. */
export class FormState<Name extends string> {
  readonly #saved: Map<Name, string>;
  readonly #edited = new Map<Name, string>();
  readonly #onChange: () => void;
  #fault: FormFault<Name> | null = null;

  /** @param onChange called after each change */
  constructor(values: Readonly<Record<Name, string>>, onChange: () => void = () => {}) {
    this.#onChange = onChange;
    this.#saved = new Map(Object.entries(values) as [Name, string][]);
  }

  /** The fault, if it is not of a single field. */
  get generalFault(): FormFault<Name> | null {
    return this.#fault?.field === null ? this.#fault : null;
  }
  get fault(): FormFault<Name> | null {
    return this.#fault;
  }
  set fault(fault: FormFault<Name> | null) {
    this.#fault = fault;
    this.#onChange();
  }

  value(name: Name): string {
    return this.#edited.get(name) ?? this.#saved.get(name) ?? '';
  }

  set(name: Name, value: string): void {
    if (value === this.#saved.get(name)) this.#edited.delete(name);
    else this.#edited.set(name, value);
    if (this.#fault?.field === name) this.#fault = null;
    this.#onChange();
  }

  /** Sets the saved values. Edits stay, unless they equal the saved value. */
  load(values: Readonly<Record<Name, string>>): void {
    for (const [name, value] of Object.entries(values) as [Name, string][]) {
      this.#saved.set(name, value);
      if (this.#edited.get(name) === value) this.#edited.delete(name);
    }
    this.#onChange();
  }

  /** Fields with unsaved edits. */
  get changed(): readonly Name[] {
    return [...this.#edited.keys()];
  }

  /** Discards all edits. */
  reset(): void {
    this.#edited.clear();
    this.fault = null;
  }

  /**
   * Shows an error at the field that the hub names: `bad-request` starts with it. `owners` maps other codes to fields.
   * @returns whether the error has a field
   */
  refuse(error: unknown, owners: Readonly<Record<string, Name>> = {}): boolean {
    const { message } = toError(error);
    const code = error instanceof ApiError ? error.code : '';
    const [, named = '', rest = ''] = /^(\w+)(?:\.\d+)*: (.*)$/s.exec(message) ?? [];
    const field = code === 'bad-request' ? [...this.#saved.keys()].find((name) => name === named) : undefined;
    this.fault = field === undefined ? { field: owners[code] ?? null, message } : { field, message: rest };
    return this.fault?.field !== null;
  }
}
