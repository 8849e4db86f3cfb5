import { rename } from 'node:fs/promises';
import { LowdbStore } from '../../../../../plugin/server-hooks/store/lowdb/lowdb-store.js';
import { LogRecorder } from '../../../../kit/log-recorder.js';
import { storeContract } from '../store-contract.js';

storeContract({
  name: 'lowdb store',
  make: (folder) => new LowdbStore({ path: `${folder}/fairlead.json`, logger: new LogRecorder() }),
  breakWrites: async (folder) => {
    await rename(folder, `${folder}.away`);
    return () => rename(`${folder}.away`, folder);
  },
});
