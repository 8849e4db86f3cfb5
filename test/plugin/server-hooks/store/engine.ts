import type { ExecutionContext } from 'ava';
import type { Store } from '../../../../plugin/server-hooks/store/store.js';
import { tempFolder } from '../../../kit/temp-folder.js';

/** A storage engine as the contract needs it. */
export interface Engine {
  /** Prefix of the titles. */
  readonly name: string;
  /** Makes a store, not started; the same folder has the same data. */
  make(folder: string): Store;
  /** Makes the writes of the folder's stores fail; returns the function that ends this. */
  breakWrites(folder: string): Promise<() => Promise<void>>;
}

/** A started store, and how to start another one on the same data. */
export async function setup(t: ExecutionContext, { make, breakWrites }: Engine) {
  const folder = await tempFolder(t);
  const open = async () => {
    const store = make(folder);
    t.teardown(() => store.stop());
    await store.start();
    return store;
  };
  return { store: await open(), open, breakWrites: () => breakWrites(folder) };
}
