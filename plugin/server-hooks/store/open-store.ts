import { join } from 'node:path';
import type { Logger } from '../host.js';
import { LowdbStore } from './lowdb/lowdb-store.js';
import type { Store } from './store.js';

/**
 * Selects the storage engine. Its `start` opens the store.
 * @param dataDir the plugin's own folder; created if missing
 */
export function openStore(dataDir: string, logger: Logger): Store {
  return new LowdbStore({ path: join(dataDir, 'fairlead.json'), logger });
}
