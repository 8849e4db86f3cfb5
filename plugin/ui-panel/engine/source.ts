import type { SnapshotView } from '../../api.js';
import type { HubTime } from '../api/hub-time.js';
import type { EngineClient } from './client.js';
import type { EngineFeed } from './feed.js';

/** A connected engine and its events. */
export interface LiveEngine {
  readonly engine: EngineClient;
  readonly feed: EngineFeed;
}

/** Data source of a section: a live engine, or the last snapshot, which is read-only. */
export type EngineSource = LiveEngine | { readonly snapshot: SnapshotView; readonly hubTime: HubTime };

/** The time by the clock of the source's hub: the browser's may be wrong. */
export function hubNow(source: EngineSource): number {
  return ('engine' in source ? source.engine.client.hubTime : source.hubTime).now();
}
