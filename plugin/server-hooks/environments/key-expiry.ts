import { codeOf } from '../../../protocol/problems.js';
import type { Clock } from '../../../protocol/time/clock.js';
import type { Logger } from '../host.js';
import type { EnvironmentKey } from '../model/environment.js';
import type { Store } from '../store/store.js';
import type { EnvironmentAdmin } from './admin.js';

export interface KeyExpiryOptions {
  readonly admin: Pick<EnvironmentAdmin, 'endKeys' | 'revoke'>;
  readonly store: Pick<Store, 'environment' | 'environments' | 'watch'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Maximum delay before an expired overlap is noticed, ms. */
const SWEEP_MS = 500;
/** Delay after a failed write, ms. */
const RETRY_MS = 60_000;
/** Clocks that are being adjusted run up to 0.05 % apart. */
const DRIFT = 0.999;

interface EndingKey {
  readonly generation: number;
  readonly expiresAt: string;
  /** Monotonic ms at which it ends, or at which a failed write is retried. */
  dueMs: number;
  /** Whether the grants made with it were revoked. There are no new ones while it is expired. */
  isRefused: boolean;
  /** Whether its end is being written. A failed write brings the key back. */
  isEnding: boolean;
  /** Whether a write of its end failed, which is logged once. */
  hasFailed: boolean;
}

/**
 * Ends rotated keys when their overlap is over, whether or not an agent checks in. The wall clock may be wrong, so by
 * it alone keys are only refused. They are deleted once the same time has passed by the monotonic clock.
 */
export class KeyExpiry {
  readonly #options: KeyExpiryOptions;
  /** Only environments with an expiring key, so that others cost nothing. */
  readonly #rotating = new Map<number, EndingKey[]>();
  #ends: (() => void)[] = [];
  #isSweeping = false;

  constructor(options: KeyExpiryOptions) {
    this.#options = options;
  }

  start(): void {
    if (this.#ends.length > 0) return;
    const { store, clock } = this.#options;
    for (const environment of store.environments()) this.#evaluate(environment.id, environment.keys);
    this.#ends = [
      store.watch((change) => {
        if (change.kind === 'environment') this.#evaluate(change.id, change.after?.keys ?? []);
      }),
      clock.every(SWEEP_MS, () => void this.#sweep()),
    ];
  }

  /** Safe to call twice. */
  stop(): void {
    for (const end of this.#ends.splice(0)) end();
    this.#rotating.clear();
  }

  #evaluate(id: number, keys: readonly EnvironmentKey[]): void {
    const { clock } = this.#options;
    const known = this.#rotating.get(id) ?? [];
    const ending = keys.flatMap(({ generation, expiresAt }) => {
      if (expiresAt === null) return [];
      const before = known.find((key) => key.generation === generation && key.expiresAt === expiresAt);
      const leftMs = Date.parse(expiresAt) - clock.now();
      // Already expired: it ended while the hub was off, or the clock is wrong.
      const dueMs = leftMs > 0 ? clock.monotonic() + leftMs * DRIFT : Number.POSITIVE_INFINITY;
      return [
        before ?? { generation, expiresAt, dueMs, isRefused: leftMs <= 0, isEnding: false, hasFailed: false },
      ];
    });
    for (const key of known) if (key.isEnding && !ending.includes(key)) ending.push(key);
    if (ending.length > 0) this.#rotating.set(id, ending);
    else this.#rotating.delete(id);
  }

  async #sweep(): Promise<void> {
    if (this.#isSweeping) return;
    this.#isSweeping = true;
    await Promise.all([...this.#rotating].map(([id, keys]) => this.#end(id, keys)));
    this.#isSweeping = false;
  }

  async #end(id: number, keys: readonly EndingKey[]): Promise<void> {
    const { admin, clock, logger, store } = this.#options;
    const over = keys.filter(({ expiresAt }) => Date.parse(expiresAt) <= clock.now());
    // If the clock was set back, agents can use the key again.
    for (const key of keys) if (!over.includes(key)) key.isRefused = false;
    const due = over.filter(({ dueMs }) => dueMs <= clock.monotonic());
    const unsure = over.filter((key) => !due.includes(key) && !key.isRefused);
    const isFirst = unsure.length > 0 || due.some(({ hasFailed }) => !hasFailed);
    try {
      if (due.length > 0) {
        for (const key of due) key.isEnding = true;
        // Revoking again would end the tunnels of agents with a valid key.
        await admin.endKeys(
          id,
          due.map(({ generation }) => generation),
          due.every(({ isRefused }) => isRefused),
        );
      }
      if (unsure.length > 0) {
        for (const key of unsure) key.isRefused = true;
        await admin.revoke(id);
      }
    } catch (error) {
      // The store keeps the raised generation in memory, so that what was granted stays revoked.
      for (const key of due) {
        key.dueMs = clock.monotonic() + RETRY_MS;
        key.isRefused = true;
        key.hasFailed = true;
      }
      if (isFirst)
        logger.error({ code: codeOf(error), environment: id }, 'cannot store the expiry of a rotated key');
    } finally {
      for (const key of due) key.isEnding = false;
      if (due.length > 0 && this.#ends.length > 0) this.#evaluate(id, store.environment(id)?.keys ?? []);
    }
  }
}
