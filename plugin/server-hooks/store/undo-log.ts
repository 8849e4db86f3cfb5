import type { Environment } from '../model/environment.js';
import type { Settings } from '../model/settings.js';

/** What a failed write takes back. */
export interface Loss {
  /** By id, as the disk has them; undefined: it has none. */
  readonly environments: ReadonlyMap<number, Environment | undefined>;
  /** Undefined: not changed. */
  readonly settings: Settings | undefined;
}

/** The first values of what changed since the last write that succeeded, in two layers: being written, and later. */
export class UndoLog {
  #writing = new Map<number, Environment | undefined>();
  #later = new Map<number, Environment | undefined>();
  #settingsWriting: Settings | undefined;
  #settingsLater: Settings | undefined;

  environmentChanges(id: number, before: Environment | undefined): void {
    if (!this.#later.has(id)) this.#later.set(id, before);
  }

  settingsChange(before: Settings): void {
    this.#settingsLater ??= before;
  }

  /** What changed until now is in the write. Called only when none is under way. */
  writeBegins(): void {
    this.#writing = this.#later;
    this.#later = new Map();
    this.#settingsWriting = this.#settingsLater;
    this.#settingsLater = undefined;
  }

  writeSucceeded(): void {
    this.#writing = new Map();
    this.#settingsWriting = undefined;
  }

  /** Forgets all, and tells what was there before it. */
  takeBack(): Loss {
    const loss = {
      environments: new Map([...this.#later, ...this.#writing]),
      settings: this.#settingsWriting ?? this.#settingsLater,
    };
    this.writeBegins();
    this.writeSucceeded();
    return loss;
  }
}
