import type { Logger } from '../plugin/server-hooks/host.js';

export interface WatchedSettingOptions<T extends string | null> {
  /** The variable that names the file. */
  readonly name: string;
  readonly first: T;
  /** @throws if the file is unusable */
  readonly read: () => T;
  readonly apply: (value: T) => unknown;
  readonly logger: Logger;
}

/** A setting from a file that may change while the host runs. An unusable file changes nothing. */
export class WatchedSetting<T extends string | null> {
  readonly #options: WatchedSettingOptions<T>;
  #current: T;
  /** Read once: the file may be half written. */
  #candidate: T | undefined;
  #isFailing = false;

  constructor(options: WatchedSettingOptions<T>) {
    this.#options = options;
    this.#current = options.first;
  }

  /**
   * Applies a new value when it is read twice in a row, or immediately on request. Never rejects.
   * @param isRequested the file is known to be complete
   */
  async refresh(isRequested: boolean): Promise<void> {
    const { name, read, apply, logger } = this.#options;
    try {
      const value = read();
      if (value !== this.#current) {
        if (!isRequested && value !== this.#candidate) {
          this.#candidate = value;
          return;
        }
        await apply(value);
        this.#current = value;
        logger.info({ setting: name }, 'a changed setting was read from its file');
      }
      this.#candidate = undefined;
      this.#isFailing = false;
    } catch (error) {
      this.#candidate = undefined;
      if (!this.#isFailing) {
        logger.warn({ setting: name, err: error }, 'a setting cannot be read again; keeping the last value');
      }
      this.#isFailing = true;
    }
  }
}
