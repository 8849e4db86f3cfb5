import type { Clock } from '../../../protocol/time/clock.js';
import type { Logger } from '../host.js';
import type { SnapshotFiles } from '../snapshots/files.js';
import type { Store } from '../store/store.js';
import type { TokenLedger } from '../tunnel/credentials.js';
import type { SharedDeadlines } from './shared-deadlines.js';

/** What all live environments share. */
export interface LiveContext {
  readonly store: Pick<Store, 'environment' | 'settings' | 'update'>;
  readonly files: Pick<SnapshotFiles, 'write'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly randomBytes: (size: number) => Buffer;
  readonly tokens: TokenLedger;
  /** For the ends of held check-ins. */
  readonly deadlines: SharedDeadlines;
  /** Monotonic ms of the hub's start. */
  readonly startedMs: number;
  /** Unique, also across hub restarts. */
  readonly newEpoch: () => string;
  /** Called synchronously after each change of what its status shows, other than by time. */
  readonly onChange: (environmentId: number) => void;
}
