import type { Environment } from '../../../plugin/server-hooks/model/environment.js';
import { DEFAULT_SETTINGS } from '../../../plugin/server-hooks/model/settings.js';
import type { Store } from '../../../plugin/server-hooks/store/store.js';
import { MemoryEnvironments } from '../hub/memory-environments.js';

/** A store that survives every crash, because it is none: environments in memory, and the default settings. */
export class MemoryStore extends MemoryEnvironments implements Store {
  readonly isFailing = false;

  async start(): Promise<void> {}
  async stop(): Promise<void> {}
  async settled(): Promise<void> {}
  async putSettings(): Promise<void> {}
  async putWebhook(): Promise<void> {}
  async deleteWebhook(): Promise<void> {}

  async putEnvironment(environment: Environment): Promise<void> {
    this.put(environment);
  }

  async deleteEnvironment(id: number): Promise<void> {
    this.delete(id);
  }

  environmentByName = () => undefined;
  environmentByExternalId = () => undefined;
  nextEnvironmentId = () => this.environments().length + 1;
  settings = () => DEFAULT_SETTINGS;
  webhook = () => undefined;
  webhooks = () => [];
}
