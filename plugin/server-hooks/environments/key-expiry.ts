import type { Clock } from '../../../protocol/clock.js';
import { codeOf } from '../../../protocol/edge-error.js';
import type { Logger } from '../host.js';
import type { EnvironmentAdmin } from './environment-admin.js';

export interface KeyExpiryOptions {
  readonly admin: EnvironmentAdmin;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** How late the end of an overlap may be noticed, ms. */
const SWEEP_MS = 500;

/** Ends rotated keys when their overlap is over, whether or not an agent comes by. */
export class KeyExpiry {
  readonly #options: KeyExpiryOptions;
  #cancel: (() => void) | null = null;
  #isSweeping = false;

  constructor(options: KeyExpiryOptions) {
    this.#options = options;
  }

  start(): void {
    this.#cancel ??= this.#options.clock.every(SWEEP_MS, () => void this.#sweep());
  }

  /** Safe to call twice. */
  stop(): void {
    this.#cancel?.();
    this.#cancel = null;
  }

  async #sweep(): Promise<void> {
    if (this.#isSweeping) return;
    this.#isSweeping = true;
    try {
      await this.#options.admin.endExpiredKeys();
    } catch (error) {
      // What was revoked in memory stays revoked; the next sweep writes it.
      this.#options.logger.error({ code: codeOf(error) }, 'the end of a rotated key could not be stored');
    } finally {
      this.#isSweeping = false;
    }
  }
}
