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

type Outcome = Snapshot | EdgeError;

/** Least time between two snapshots of an environment that nobody asked for, ms. */
const MIN_GAP_MS = 10_000;

/** Takes snapshots in, and asks agents for one. */
export class SnapshotDesk {
  readonly #options: SnapshotDeskOptions;
  readonly #lastMs = new Map<number, number>();
  readonly #waiting = new Map<number, Set<(outcome: Outcome) => void>>();

  constructor(options: SnapshotDeskOptions) {
    this.#options = options;
  }

  /** A regular snapshot, or the one that was asked for. @throws EdgeError `snapshot-too-soon` (429), `snapshot-unwritable` (503) */
  async take(environmentId: number, snapshot: Snapshot): Promise<void> {
    this.requireDue(environmentId);
    this.#lastMs.set(environmentId, this.#options.clock.monotonic());
    await this.#store(environmentId, snapshot);
  }

  /** To be asked before a body is parsed: 8 MB take longer than anything else here. @throws EdgeError `snapshot-too-soon` (429) */
  requireDue(environmentId: number): void {
    const now = this.#options.clock.monotonic();
    const last = this.#lastMs.get(environmentId);
    const isWanted = this.#waiting.has(environmentId);
    if (!isWanted && last !== undefined && now - last < MIN_GAP_MS) {
      throw new EdgeError('snapshot-too-soon', 'Snapshots are at least 10 s apart', {
        status: 429,
        retryAfterSeconds: Math.ceil((MIN_GAP_MS - (now - last)) / 1_000),
      });
    }
  }

  /** The snapshot of an idle close: one a tunnel, so it needs no gap. A full disk keeps no tunnel open. */
  async takeAtClose(environmentId: number, snapshot: Snapshot): Promise<void> {
    await this.#store(environmentId, snapshot).catch((error: unknown) => {
      if (codeOf(error) !== 'snapshot-unwritable') throw error;
    });
  }

  /**
   * Asks the environment's agent for a snapshot and waits for it.
   * @throws EdgeError `snapshot-timeout` (504), `snapshot-unwritable` (503), or what {@link refuse} was given
   */
  request(environmentId: number, waitMs: number): Promise<Snapshot> {
    const { clock, presence, checkIns } = this.#options;
    return new Promise((resolve, reject) => {
      const waiters = this.#waiting.get(environmentId) ?? new Set();
      this.#waiting.set(environmentId, waiters);
      const settle = () => {
        cancel();
        waiters.delete(taken);
        if (waiters.size === 0 && this.#waiting.get(environmentId) === waiters) {
          this.#waiting.delete(environmentId);
        }
      };
      const taken = (outcome: Outcome) => {
        settle();
        if (outcome instanceof EdgeError) reject(outcome);
        else resolve(outcome);
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

  async #store(environmentId: number, snapshot: Snapshot): Promise<void> {
    try {
      await this.#options.snapshots.write(environmentId, snapshot);
      this.#tell(environmentId, snapshot);
    } catch (error) {
      if (error instanceof EdgeError) this.#tell(environmentId, error);
      throw error;
    }
  }

  #tell(environmentId: number, outcome: Outcome): void {
    for (const taken of [...(this.#waiting.get(environmentId) ?? [])]) taken(outcome);
  }
}
