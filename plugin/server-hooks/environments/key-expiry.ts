import type { Clock } from '../../../protocol/clock.js';
import { codeOf } from '../../../protocol/edge-error.js';
import type { Logger } from '../host.js';
import type { Store } from '../store/store.js';
import type { EnvironmentAdmin } from './environment-admin.js';

export interface KeyExpiryOptions {
  readonly admin: Pick<EnvironmentAdmin, 'endKeys' | 'revoke'>;
  readonly store: Pick<Store, 'environment' | 'environments' | 'onChange'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** How late the end of an overlap may be noticed, ms. */
const SWEEP_MS = 500;
/** Clocks that are being adjusted run up to 0.05 % apart. */
const DRIFT = 0.999;

interface EndingKey {
  readonly generation: number;
  readonly expiresAt: string;
  /** When it is over by the monotonic clock. */
  readonly dueMs: number;
  /** Whether what agents got by it has been revoked. */
  isRefused: boolean;
}

/**
 * Ends rotated keys when their overlap is over, whether or not an agent comes by. By the wall clock alone keys are only
 * refused: it may be wrong. They are deleted when as much time has passed by the monotonic clock, too.
 */
export class KeyExpiry {
  readonly #options: KeyExpiryOptions;
  /** Environments with a key that will end: few, so that all others cost nothing. */
  readonly #rotating = new Map<number, EndingKey[]>();
  #ends: (() => void)[] = [];
  #isSweeping = false;

  constructor(options: KeyExpiryOptions) {
    this.#options = options;
  }

  start(): void {
    if (this.#ends.length > 0) return;
    const { store, clock } = this.#options;
    for (const { id } of store.environments()) this.#evaluate(id);
    this.#ends = [
      store.onChange((id) => {
        if (id !== null) this.#evaluate(id);
      }),
      clock.every(SWEEP_MS, () => void this.#sweep()),
    ];
  }

  /** Safe to call twice. */
  stop(): void {
    for (const end of this.#ends.splice(0)) end();
    this.#rotating.clear();
  }

  #evaluate(id: number): void {
    const { store, clock } = this.#options;
    const known = this.#rotating.get(id) ?? [];
    const ending = (store.environment(id)?.keys ?? []).flatMap(({ generation, expiresAt }) => {
      if (expiresAt === null) return [];
      const before = known.find((key) => key.generation === generation && key.expiresAt === expiresAt);
      const leftMs = Date.parse(expiresAt) - clock.now();
      // Over at first sight: it ended while the hub was off, or the clock is wrong.
      const dueMs = leftMs > 0 ? clock.monotonic() + leftMs * DRIFT : Number.POSITIVE_INFINITY;
      return [before ?? { generation, expiresAt, dueMs, isRefused: leftMs <= 0 }];
    });
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
    const { admin, clock, logger } = this.#options;
    const over = keys.filter(({ expiresAt }) => Date.parse(expiresAt) <= clock.now());
    const due = over.filter(({ dueMs }) => dueMs <= clock.monotonic());
    const unsure = over.filter((key) => !due.includes(key) && !key.isRefused);
    try {
      if (due.length > 0) {
        await admin.endKeys(
          id,
          due.map(({ generation }) => generation),
        );
      }
      if (unsure.length > 0) {
        for (const key of unsure) key.isRefused = true;
        await admin.revoke(id);
      }
    } catch (error) {
      // What was revoked in memory stays revoked; the next sweep writes it.
      logger.error({ code: codeOf(error), environment: id }, 'the end of a rotated key could not be stored');
    }
  }
}
