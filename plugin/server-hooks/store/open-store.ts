import { join } from 'node:path';
import type { Logger } from '../host.js';
import { LowdbStore } from './lowdb-store.js';
import type { Store } from './store.js';

/**
 * Picks the engine: the one place to change for another. The store is opened by its `start`.
 * @param dataDir the plugin's own folder; made when it is not there
 */
export function openStore(dataDir: string, logger: Logger): Store {
  return new LowdbStore({ path: join(dataDir, 'fairlead.json'), logger });
}
