import type { SnapshotView } from '../../api.js';
import type { HubTime } from '../hub-time.js';
import type { EngineClient } from './engine-client.js';
import type { EngineFeed } from './engine-feed.js';

/** A connected engine and its events. */
export interface LiveEngine {
  readonly engine: EngineClient;
  readonly feed: EngineFeed;
}

/** Data source of a section: a live engine, or the last snapshot, which is read-only. */
export type EngineSource = LiveEngine | { readonly snapshot: SnapshotView; readonly hubTime: HubTime };
