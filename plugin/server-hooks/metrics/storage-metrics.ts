import type { Registry } from 'prom-client';
import type { SnapshotFiles } from '../snapshots/files.js';
import type { Store } from '../store/store.js';
import { byLabel, scrapedCounter, scrapedGauge } from './scraped.js';

export interface StorageMetricsSources {
  readonly store: Pick<Store, 'writes' | 'isFailing'>;
  readonly snapshots: Pick<SnapshotFiles, 'isFailing'>;
}

/** What is on disk. */
export function addStorageMetrics(registry: Registry, { store, snapshots }: StorageMetricsSources): void {
  scrapedCounter(registry, {
    name: 'fairlead_store_writes_total',
    help: 'Writes of the store by result',
    labelNames: ['result'],
    read: () => byLabel('result', { ...store.writes }),
  });
  scrapedGauge(registry, {
    name: 'fairlead_storage_failing',
    help: 'Whether the last write failed',
    labelNames: ['part'],
    read: () => byLabel('part', { store: Number(store.isFailing), snapshots: Number(snapshots.isFailing) }),
  });
}
