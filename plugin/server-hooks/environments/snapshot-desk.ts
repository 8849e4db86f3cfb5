import type { Clock } from '../../../protocol/clock.js';
import { codeOf, EdgeError } from '../../../protocol/edge-error.js';
import type { Snapshot } from '../../../protocol/snapshot.js';
import type { CheckIns } from './check-in.js';
import type { Presence } from './presence.js';
import type { SnapshotFiles } from './snapshot-files.js';

export interface SnapshotDeskOptions {
  readonly clock: Clock;
  readonly presence: Pick<Presence, 'requestSnapshot'>;
  readonly checkIns: Pick<CheckIns, 'wake'>;
  readonly snapshots: Pick<SnapshotFiles, 'write'>;
}

/** Without an error: a snapshot is there. */
type Tell = (error?: EdgeError) => void;

/** Least time between two snapshots of an environment that nobody asked for, ms. */
const MIN_GAP_MS = 10_000;

/** Takes snapshots in, and asks agents for one. What they say is read from the files. */
export class SnapshotDesk {
  readonly #options: SnapshotDeskOptions;
  readonly #lastMs = new Map<number, number>();
  readonly #waiting = new Map<number, Set<Tell>>();

  constructor(options: SnapshotDeskOptions) {
    this.#options = options;
  }

  /**
   * To be asked before the body of a snapshot is read: 8 MB take longer than anything else here. One that then does not
   * come, or is none, counts as well.
   * @throws EdgeError `snapshot-too-soon` (429)
   */
  admit(environmentId: number): void {
    const now = this.#options.clock.monotonic();
    const last = this.#lastMs.get(environmentId);
    const isWanted = this.#waiting.has(environmentId);
    if (!isWanted && last !== undefined && now - last < MIN_GAP_MS) {
      throw new EdgeError('snapshot-too-soon', 'Snapshots are at least 10 s apart', {
        status: 429,
        retryAfterSeconds: Math.ceil((MIN_GAP_MS - (now - last)) / 1_000),
      });
    }
    this.#lastMs.set(environmentId, now);
  }

  /** A regular snapshot, or the one that was asked for. @throws EdgeError `snapshot-unwritable` (503) */
  async take(environmentId: number, snapshot: Snapshot): Promise<void> {
    try {
      await this.#options.snapshots.write(environmentId, snapshot);
      this.#tell(environmentId);
    } catch (error) {
      if (error instanceof EdgeError) this.#tell(environmentId, error);
      throw error;
    }
  }

  /** The snapshot of an idle close: one a tunnel, so it needs no gap. A full disk keeps no tunnel open. */
  async takeAtClose(environmentId: number, snapshot: Snapshot): Promise<void> {
    await this.take(environmentId, snapshot).catch((error: unknown) => {
      if (codeOf(error) !== 'snapshot-unwritable') throw error;
    });
  }

  /**
   * Asks the environment's agent for a snapshot and waits until it is there.
   * @throws EdgeError `snapshot-timeout` (504), `snapshot-unwritable` (503), or what {@link refuse} was given
   */
  request(environmentId: number, waitMs: number): Promise<void> {
    const { clock, presence, checkIns } = this.#options;
    return new Promise((resolve, reject) => {
      const waiters = this.#waiting.get(environmentId) ?? new Set<Tell>();
      this.#waiting.set(environmentId, waiters);
      const settle = () => {
        cancel();
        waiters.delete(taken);
        if (waiters.size === 0 && this.#waiting.get(environmentId) === waiters) {
          this.#waiting.delete(environmentId);
        }
      };
      const taken: Tell = (error) => {
        settle();
        if (error) reject(error);
        else resolve();
      };
      const cancel = clock.after(waitMs, () => {
        settle();
        reject(
          new EdgeError('snapshot-timeout', 'The agent did not send a snapshot in time', {
            status: 504,
            retryAfterSeconds: 10,
          }),
        );
      });
      waiters.add(taken);
      presence.requestSnapshot(environmentId);
      checkIns.wake(environmentId);
    });
  }

  /** Ends the waits for a snapshot of an environment that nobody is there to take any more. */
  refuse(environmentId: number, error: EdgeError): void {
    this.#tell(environmentId, error);
  }

  /** For an environment that is gone. */
  forget(environmentId: number): void {
    this.#lastMs.delete(environmentId);
  }

  #tell(environmentId: number, error?: EdgeError): void {
    for (const taken of [...(this.#waiting.get(environmentId) ?? [])]) taken(error);
  }
}
