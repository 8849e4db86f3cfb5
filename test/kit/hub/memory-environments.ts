import type { Environment } from '../../../plugin/server-hooks/model/environment.js';
import type { EnvironmentSource } from '../../../plugin/server-hooks/views/list/directory.js';

/** The store's environments without a store: nothing is written. */
export class MemoryEnvironments implements EnvironmentSource {
  readonly #environments = new Map<number, Environment>();
  readonly #listeners = new Set<(id: number | null) => void>();

  put(environment: Environment): void {
    this.#environments.set(environment.id, environment);
    this.tell(environment.id);
  }

  delete(id: number): void {
    this.#environments.delete(id);
    this.tell(id);
  }

  /** As if the environment, or with null the settings, had changed. */
  tell(id: number | null): void {
    for (const listener of this.#listeners) listener(id);
  }

  environment(id: number): Environment | undefined {
    return this.#environments.get(id);
  }

  environments(): Environment[] {
    return [...this.#environments.values()].sort((a, b) => a.id - b.id);
  }

  onChange(listener: (id: number | null) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
