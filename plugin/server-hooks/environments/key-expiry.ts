import type { Clock } from '../../../protocol/clock.js';
import { codeOf } from '../../../protocol/edge-error.js';
import type { Logger } from '../host.js';
import type { Store } from '../store/store.js';
import type { EnvironmentAdmin } from './environment-admin.js';

export interface KeyExpiryOptions {
  readonly admin: Pick<EnvironmentAdmin, 'endExpiredKeys'>;
  readonly store: Pick<Store, 'environment' | 'environments' | 'onChange'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** How late the end of an overlap may be noticed, ms. */
const SWEEP_MS = 500;

/** Ends rotated keys when their overlap is over, whether or not an agent comes by. */
export class KeyExpiry {
  readonly #options: KeyExpiryOptions;
  /** Environments with a key that will end: few, so that all others cost nothing. */
  readonly #rotating = new Set<number>();
  #ends: (() => void)[] = [];
  #isSweeping = false;

  constructor(options: KeyExpiryOptions) {
    this.#options = options;
  }

  start(): void {
    if (this.#ends.length > 0) return;
    const { store, clock } = this.#options;
    for (const { id } of store.environments()) this.#look(id);
    this.#ends = [
      store.onChange((id) => {
        if (id !== null) this.#look(id);
      }),
      clock.every(SWEEP_MS, () => void this.#sweep()),
    ];
  }

  /** Safe to call twice. */
  stop(): void {
    for (const end of this.#ends.splice(0)) end();
    this.#rotating.clear();
  }

  #look(id: number): void {
    const keys = this.#options.store.environment(id)?.keys ?? [];
    if (keys.some(({ expiresAt }) => expiresAt !== null)) this.#rotating.add(id);
    else this.#rotating.delete(id);
  }

  async #sweep(): Promise<void> {
    if (this.#isSweeping) return;
    this.#isSweeping = true;
    await Promise.all([...this.#rotating].map((id) => this.#end(id)));
    this.#isSweeping = false;
  }

  async #end(id: number): Promise<void> {
    const { admin, logger } = this.#options;
    try {
      await admin.endExpiredKeys(id);
    } catch (error) {
      // What was revoked in memory stays revoked; the next sweep writes it.
      logger.error({ code: codeOf(error), environment: id }, 'the end of a rotated key could not be stored');
    }
  }
}
