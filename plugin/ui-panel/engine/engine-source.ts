import type { SnapshotView } from '../../api.js';
import type { HubTime } from '../hub-time.js';
import type { EngineClient } from './engine-client.js';
import type { EngineFeed } from './engine-feed.js';

/** An engine that answers, and its events. */
export interface LiveEngine {
  readonly engine: EngineClient;
  readonly feed: EngineFeed;
}

/** Where a section gets what it shows: a live engine; or the last snapshot, to which nothing can be done. */
export type EngineSource = LiveEngine | { readonly snapshot: SnapshotView; readonly hubTime: HubTime };
