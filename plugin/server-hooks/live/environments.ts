import type { Clock } from '../../../protocol/time/clock.js';
import type { Logger } from '../host.js';
import type { Environment } from '../model/environment.js';
import type { SnapshotFiles } from '../snapshots/files.js';
import type { Store } from '../store/store.js';
import { TokenLedger } from '../tunnel/credentials.js';
import type { LiveContext } from './context.js';
import { LiveEnvironment } from './environment.js';
import { SharedDeadlines } from './shared-deadlines.js';

export interface LiveEnvironmentsOptions {
  readonly store: Pick<Store, 'environment' | 'settings' | 'update' | 'watch'>;
  readonly files: Pick<SnapshotFiles, 'write'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly randomBytes: (size: number) => Buffer;
  /** Changes with each hub start. */
  readonly bootId: string;
}

/** Interval between checks for overdue tunnels, ms. */
const SWEEP_MS = 5_000;
/** A change for all agents wakes at most this many a millisecond. */
const SPREAD_PER_MS = 10;

/** The live environments of this hub, each created on first use. They follow their records in the store. */
export class LiveEnvironments {
  readonly bootId: string;
  /** The one-time tokens of all environments. */
  readonly tokens: TokenLedger;
  readonly #options: LiveEnvironmentsOptions;
  readonly #context: LiveContext;
  readonly #live = new Map<number, LiveEnvironment>();
  readonly #listeners = new Set<(environmentId: number) => void>();
  #leases = 0;
  #stops: (() => void)[] = [];

  constructor(options: LiveEnvironmentsOptions) {
    this.bootId = options.bootId;
    this.#options = options;
    this.tokens = new TokenLedger(options);
    this.#context = {
      ...options,
      tokens: this.tokens,
      deadlines: new SharedDeadlines(options.clock),
      startedMs: options.clock.monotonic(),
      newEpoch: () => `${this.bootId}.${++this.#leases}`,
      onChange: (id) => {
        for (const listener of this.#listeners) listener(id);
      },
    };
  }

  start(): void {
    if (this.#stops.length > 0) return;
    const { store, clock } = this.#options;
    this.#stops = [
      clock.every(SWEEP_MS, () => this.#sweep()),
      store.watch((change) => {
        if (change.kind === 'environment') this.#follow(change.id, change.before, change.after);
      }),
    ];
  }

  /** Ends every hold, tunnel and wait; safe to call twice. */
  stop(): void {
    for (const stop of this.#stops.splice(0)) stop();
    for (const live of this.#live.values()) live.end('stopping');
    this.#live.clear();
  }

  /** The live environment of a record. Of a deleted or unknown one nothing is kept. */
  of(id: number): LiveEnvironment {
    let live = this.#live.get(id);
    if (!live) {
      live = new LiveEnvironment(id, this.#context);
      if (live.record) this.#live.set(id, live);
    }
    return live;
  }

  [Symbol.iterator](): Iterator<LiveEnvironment> {
    return this.#live.values();
  }

  /** Evaluates all held check-ins, spread over time to avoid a burst of answers. */
  wakeAll(): void {
    let delayMs = 0;
    for (const live of this.#live.values()) {
      if (live.heldCount === 0) continue;
      delayMs += 1 / SPREAD_PER_MS;
      this.#options.clock.after(delayMs, () => live.wake());
    }
  }

  /** Calls `listener` after each change of what an environment's status shows; returns the unsubscribe function. */
  onChange(listener: (environmentId: number) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Applies a changed record in the same turn: a deleted environment ends, a raised generation revokes all grants, and a
   * removed instance is cleared with its node tunnel and held check-in.
   */
  #follow(id: number, before: Environment | undefined, after: Environment | undefined): void {
    const live = this.#live.get(id);
    if (!live || !before) return;
    if (!after) {
      live.end('deleted');
      this.#live.delete(id);
      return;
    }
    live.raise(after.generation);
    // Deferred: the code that removed an instance may still record how it ended.
    if (after.instances !== before.instances || after.swarm !== before.swarm) {
      queueMicrotask(() => live.keep(new Set(live.record?.instances.map((instance) => instance.id))));
    }
  }

  #sweep(): void {
    for (const { tunnels } of this.#live.values()) tunnels.closeOverdue();
  }
}
