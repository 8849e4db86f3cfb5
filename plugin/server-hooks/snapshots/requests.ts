import { codeOf, Problem, problem } from '../../../protocol/problems.js';
import type { Clock } from '../../../protocol/time/clock.js';
import type { AuthenticatedAgent } from '../agents/authenticate-agent.js';
import type { CheckIns } from '../agents/check-ins.js';
import type { Presence } from '../live/presence.js';
import { type Environment, type Instance, servesSwarm } from '../model/environment.js';
import type { Store } from '../store/store.js';
import type { EncodedSnapshot } from './encode.js';
import type { SnapshotFiles } from './files.js';

export interface SnapshotRequestsOptions {
  readonly clock: Clock;
  readonly store: Pick<Store, 'environment'>;
  readonly presence: Pick<Presence, 'requestSnapshot' | 'isLive'>;
  readonly checkIns: Pick<CheckIns, 'wake'>;
  readonly snapshots: Pick<SnapshotFiles, 'write'>;
}

interface Waiter {
  /** Online agents that have not sent theirs. */
  readonly missing: Set<string>;
  /** An agent's snapshot was stored, or could not be. */
  received(instanceId: string, isEnough: boolean, error?: Problem): void;
  refuse(error: Problem): void;
}

interface Instances {
  /** Monotonic ms of the last admitted snapshot, by instance. */
  readonly lastMs: Map<string, number>;
  /** Instances that were asked and have sent nothing since. */
  readonly asked: Set<string>;
}

/** Minimum time between two unrequested snapshots of an instance, ms. */
const MIN_GAP_MS = 10_000;
/** Extra wait for the snapshots of other nodes after a manager's, ms. */
const OTHERS_MS = 3_000;

/** Accepts snapshots and requests them from agents. Contents are read from the files. */
export class SnapshotRequests {
  readonly #options: SnapshotRequestsOptions;
  readonly #instances = new Map<number, Instances>();
  readonly #waiting = new Map<number, Set<Waiter>>();

  constructor(options: SnapshotRequestsOptions) {
    this.#options = options;
  }

  /**
   * Check this before a snapshot's body is read: 8 MB take longer than anything else here. Aborted or invalid uploads
   * count too.
   * @throws Problem `snapshot-too-soon` (429)
   */
  admit({ environment, instance }: AuthenticatedAgent): void {
    const now = this.#options.clock.monotonic();
    const { lastMs, asked } = this.#of(environment);
    const last = lastMs.get(instance.id);
    const isWanted = asked.delete(instance.id);
    if (!isWanted && last !== undefined && now - last < MIN_GAP_MS) {
      throw problem('snapshot-too-soon', {
        retryAfterSeconds: Math.ceil((MIN_GAP_MS - (now - last)) / 1_000),
      });
    }
    lastMs.set(instance.id, now);
  }

  /**
   * Accepts a regular or a requested snapshot.
   * @throws Problem `snapshot-unwritable` (503), `snapshot-space-full` (507)
   */
  async accept({ environment, instance }: AuthenticatedAgent, snapshot: EncodedSnapshot): Promise<void> {
    try {
      await this.#options.snapshots.write(environment.id, instance, snapshot);
      this.#notify(environment.id, instance);
    } catch (error) {
      if (error instanceof Problem) this.#notify(environment.id, instance, error);
      throw error;
    }
  }

  /** The snapshot of an idle close: one per tunnel, so no minimum gap. A full disk must not keep the tunnel open. */
  async acceptAtClose(agent: AuthenticatedAgent, snapshot: EncodedSnapshot): Promise<void> {
    await this.accept(agent, snapshot).catch((error: unknown) => {
      if (!['snapshot-unwritable', 'snapshot-space-full'].includes(codeOf(error))) throw error;
    });
  }

  /**
   * Requests a snapshot from the environment's agents and waits for it: in a Swarm for a manager's, if one is online,
   * and briefly for the others'.
   * @throws Problem `snapshot-timeout` (504), `snapshot-unwritable` (503), or the error passed to {@link refuse}
   */
  request(environmentId: number, waitMs: number): Promise<void> {
    const { clock, store, presence, checkIns } = this.#options;
    const environment = store.environment(environmentId);
    const ids = environment?.instances.map(({ id }) => id) ?? [];
    return new Promise((resolve, reject) => {
      const waiters = this.#waiting.get(environmentId) ?? new Set<Waiter>();
      this.#waiting.set(environmentId, waiters);
      let cancelOthers: (() => void) | null = null;
      const settle = (error?: Problem) => {
        cancel();
        cancelOthers?.();
        waiters.delete(waiter);
        if (waiters.size === 0 && this.#waiting.get(environmentId) === waiters) {
          this.#waiting.delete(environmentId);
        }
        if (error) reject(error);
        else resolve();
      };
      const waiter: Waiter = {
        missing: new Set(ids.filter((id) => presence.isLive(environmentId, id))),
        received: (instanceId, isEnough, error) => {
          waiter.missing.delete(instanceId);
          if (isEnough && error) settle(error);
          else if (isEnough) cancelOthers ??= clock.after(OTHERS_MS, settle);
          if (cancelOthers && waiter.missing.size === 0) settle();
        },
        refuse: settle,
      };
      const cancel = clock.after(waitMs, () =>
        settle(problem('snapshot-timeout', { retryAfterSeconds: 10 })),
      );
      waiters.add(waiter);
      if (environment) for (const id of ids) this.#of(environment).asked.add(id);
      presence.requestSnapshot(environmentId);
      checkIns.wake(environmentId);
    });
  }

  /** Ends the waits for a snapshot of an environment without agents. */
  refuse(environmentId: number, error: Problem): void {
    for (const waiter of [...(this.#waiting.get(environmentId) ?? [])]) waiter.refuse(error);
  }

  /** Called when an environment is deleted. */
  forget(environmentId: number): void {
    this.#instances.delete(environmentId);
  }

  #notify(environmentId: number, { id }: Instance, error?: Problem): void {
    const waiters = this.#waiting.get(environmentId);
    const environment = this.#options.store.environment(environmentId);
    if (!waiters || !environment) return;
    const isLive = (one: Instance) => this.#options.presence.isLive(environmentId, one.id);
    const serving = environment.instances.filter((one) => servesSwarm(environment, one.id));
    const isEnough = serving.some((one) => one.id === id) || !serving.some(isLive);
    for (const waiter of [...waiters]) waiter.received(id, isEnough, error);
  }

  /** The notes on an environment's instances; prunes removed ones. */
  #of({ id, instances }: Environment): Instances {
    const noted = this.#instances.get(id) ?? { lastMs: new Map(), asked: new Set() };
    this.#instances.set(id, noted);
    if (Math.max(noted.lastMs.size, noted.asked.size) > instances.length) {
      const known = new Set(instances.map((instance) => instance.id));
      for (const one of [...noted.lastMs.keys(), ...noted.asked]) {
        if (known.has(one)) continue;
        noted.lastMs.delete(one);
        noted.asked.delete(one);
      }
    }
    return noted;
  }
}
