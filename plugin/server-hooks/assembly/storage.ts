import { join } from 'node:path';
import type { Logger } from '../host.js';
import { JsonWorker } from '../json/json-worker.js';
import type { Lifecycle } from '../lifecycle.js';
import type { ResolvedOptions } from '../options.js';
import { SnapshotFiles } from '../snapshots/files.js';
import { spawnJsonWorker } from '../spawn-json-worker.js';
import { LowdbStore } from '../store/lowdb/lowdb-store.js';
import type { Store } from '../store/store.js';

/** What is on disk, and the thread that parses what agents send. */
export interface Storage {
  readonly store: Store;
  readonly snapshots: SnapshotFiles;
  readonly json: JsonWorker;
}

export async function startStorage(
  { dataDir, clock }: ResolvedOptions,
  logger: Logger,
  lifecycle: Lifecycle,
): Promise<Storage> {
  const store: Store = await lifecycle.use(new LowdbStore({ path: join(dataDir, 'fairlead.json'), logger }));
  const snapshots = await lifecycle.use(
    new SnapshotFiles({
      dir: join(dataDir, 'snapshots'),
      logger,
      instancesOf: (id) => store.environment(id)?.instances ?? [],
    }),
  );
  const json = await lifecycle.use(new JsonWorker({ spawn: spawnJsonWorker, clock, logger }));
  return { store, snapshots, json };
}

/** Codes of its current problems, for the operator. */
export function storageProblems({ store, snapshots }: Storage): string[] {
  return [
    ...(store.isFailing ? ['store-unwritable'] : []),
    ...(snapshots.isFailing ? ['snapshot-unwritable'] : []),
  ];
}
