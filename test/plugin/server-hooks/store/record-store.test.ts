import { basename } from 'node:path';
import { MemoryDatabase } from '../../../kit/hub/memory-database.js';
import { MemoryStore } from '../../../kit/hub/memory-store.js';
import type { Engine } from './engine.js';
import { sharedStoreContract } from './shared-store-contract.js';
import { storeContract } from './store-contract.js';

const databases = new Map<string, MemoryDatabase>();

function databaseOf(folder: string): MemoryDatabase {
  const name = basename(folder);
  const database = databases.get(name) ?? new MemoryDatabase();
  databases.set(name, database);
  return database;
}

const engine: Engine = {
  name: 'memory store',
  make: (folder) => new MemoryStore(databaseOf(folder)),
  breakWrites: async (folder) => {
    const database = databaseOf(folder);
    database.isBroken = true;
    return async () => {
      database.isBroken = false;
    };
  },
};

storeContract(engine);
sharedStoreContract(engine);
