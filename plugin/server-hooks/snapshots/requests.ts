import { codeOf, Problem, problem } from '../../../protocol/problems.js';
import type { Clock } from '../../../protocol/time/clock.js';
import { type Environment, type Instance, servesSwarm } from '../model/environment.js';
import { SmallMap } from '../model/small-map.js';
import type { EncodedSnapshot } from './encode.js';
import type { SnapshotFiles } from './files.js';

/** The environment whose snapshots are requested. */
export interface SnapshotOwner {
  readonly id: number;
  /** Undefined once it is deleted. */
  readonly record: Environment | undefined;
  readonly clock: Clock;
  readonly files: Pick<SnapshotFiles, 'write'>;
  readonly presence: { isLive(instanceId: string): boolean };
  /** Called synchronously when snapshots are requested. */
  wake(): void;
  /** Called when a snapshot was stored, and when that failed. */
  changed(): void;
}

interface Waiter {
  /** Online agents that have not sent theirs. */
  readonly missing: Set<string>;
  /** An agent's snapshot was stored, or could not be. */
  received(instanceId: string, isEnough: boolean, error?: Problem): void;
  refuse(error: Problem): void;
}

/** Minimum time between two unrequested snapshots of an instance, ms. */
const MIN_GAP_MS = 10_000;
/** Extra wait for the snapshots of other nodes after a manager's, ms. */
const OTHERS_MS = 3_000;

/** Accepts the snapshots of one environment's agents and requests them. Contents are read from the files. */
export class SnapshotRequests {
  readonly #owner: SnapshotOwner;
  /** Monotonic ms of the last admitted snapshot, by instance. */
  readonly #lastMs = new SmallMap<number>();
  /** Instances that were asked and have sent nothing since. */
  #asked: Set<string> | null = null;
  #waiters: Set<Waiter> | null = null;
  #requested = 0;

  constructor(owner: SnapshotOwner) {
    this.#owner = owner;
  }

  /** Number of requests so far; check-ins carry it. */
  get requested(): number {
    return this.#requested;
  }

  /**
   * Check this before a snapshot's body is read: 8 MB take longer than anything else here. Aborted or invalid uploads
   * count too.
   * @throws Problem `snapshot-too-soon` (429)
   */
  admit(instanceId: string): void {
    const now = this.#owner.clock.monotonic();
    const last = this.#lastMs.get(instanceId);
    const isWanted = this.#asked?.delete(instanceId);
    if (!isWanted && last !== undefined && now - last < MIN_GAP_MS) {
      throw problem('snapshot-too-soon', {
        retryAfterSeconds: Math.ceil((MIN_GAP_MS - (now - last)) / 1_000),
      });
    }
    this.#lastMs.set(instanceId, now);
  }

  /**
   * Accepts a regular or a requested snapshot.
   * @throws Problem `snapshot-unwritable` (503), `snapshot-space-full` (507)
   */
  async accept(instance: Instance, snapshot: EncodedSnapshot): Promise<void> {
    try {
      const written = this.#owner.files.write(this.#owner.id, instance, snapshot);
      // A write that fails has deleted the snapshots of replaced instances.
      await written.finally(() => this.#owner.changed());
      this.#notify(instance);
    } catch (error) {
      if (error instanceof Problem) this.#notify(instance, error);
      throw error;
    }
  }

  /** The snapshot of an idle close: one per tunnel, so no minimum gap. A full disk must not keep the tunnel open. */
  async acceptAtClose(instance: Instance, snapshot: EncodedSnapshot): Promise<void> {
    await this.accept(instance, snapshot).catch((error: unknown) => {
      if (!['snapshot-unwritable', 'snapshot-space-full'].includes(codeOf(error))) throw error;
    });
  }

  /**
   * Requests a snapshot from the environment's agents and waits for it: in a Swarm for a manager's, if one is online,
   * and briefly for the others'.
   * @throws Problem `snapshot-timeout` (504), `snapshot-unwritable` (503), or the error passed to {@link refuse}
   */
  request(waitMs: number): Promise<void> {
    const { clock, presence, record } = this.#owner;
    const ids = record?.instances.map(({ id }) => id) ?? [];
    this.#asked ??= new Set();
    for (const id of ids) this.#asked.add(id);
    this.#waiters ??= new Set();
    const waiters = this.#waiters;
    return new Promise((resolve, reject) => {
      let cancelOthers: (() => void) | null = null;
      const settle = (error?: Problem) => {
        cancel();
        cancelOthers?.();
        waiters.delete(waiter);
        if (error) reject(error);
        else resolve();
      };
      const waiter: Waiter = {
        missing: new Set(ids.filter((id) => presence.isLive(id))),
        received: (instanceId, isEnough, error) => {
          waiter.missing.delete(instanceId);
          if (isEnough && error) settle(error);
          else if (isEnough) cancelOthers ??= clock.after(OTHERS_MS, settle);
          if (cancelOthers && waiter.missing.size === 0) settle();
        },
        refuse: settle,
      };
      const cancel = clock.after(waitMs, () =>
        settle(
          problem('snapshot-timeout', {
            retryAfterSeconds: 10,
          }),
        ),
      );
      waiters.add(waiter);
      this.#requested++;
      this.#owner.wake();
    });
  }

  /** Ends the waits for a snapshot of an environment without agents. */
  refuse(error: Problem): void {
    for (const waiter of [...(this.#waiters ?? [])]) waiter.refuse(error);
  }

  /** Forgets all other instances. */
  keep(instanceIds: ReadonlySet<string>): void {
    this.#lastMs.keep(instanceIds);
    for (const id of this.#asked ?? []) if (!instanceIds.has(id)) this.#asked?.delete(id);
  }

  #notify({ id }: Instance, error?: Problem): void {
    const { record, presence } = this.#owner;
    if (!this.#waiters?.size || !record) return;
    const serving = record.instances.filter((one) => servesSwarm(record, one.id));
    const isEnough = serving.some((one) => one.id === id) || !serving.some((one) => presence.isLive(one.id));
    for (const waiter of [...this.#waiters]) waiter.received(id, isEnough, error);
  }
}
