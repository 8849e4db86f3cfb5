import { LowdbStore } from '../../../../../plugin/server-hooks/store/lowdb/lowdb-store.js';
import { LogRecorder } from '../../../../kit/log-recorder.js';
import { storeContract } from '../store-contract.js';

storeContract(
  'lowdb store',
  (folder) => new LowdbStore({ path: `${folder}/fairlead.json`, logger: new LogRecorder() }),
);
