import { rm } from 'node:fs/promises';
import type { Clock } from '../../../protocol/time/clock.js';
import { replaceFile } from '../machine/replace-file.js';

/** How often a running agent refreshes the files that report about it. */
export const REFRESH_MS = 15_000;

export interface RefreshedFileOptions {
  readonly path: string;
  /** Its content now. */
  readonly text: () => string;
  /** Permissions; default 0600. */
  readonly mode?: number;
  readonly clock: Clock;
  /** Called at the first failure in a row. */
  readonly onFailure: (error: unknown) => void;
  /** Called at the first success after it. */
  readonly onRecovery: () => void;
}

/** A small file that a running agent writes every {@link REFRESH_MS}, and removes when it stops. */
export class RefreshedFile {
  readonly #options: RefreshedFileOptions;
  #cancel: (() => void) | null = null;
  #writing: Promise<void> = Promise.resolve();
  #isFailing = false;

  constructor(options: RefreshedFileOptions) {
    this.#options = options;
  }

  /** Resolves after the first write. Never throws. */
  async start(): Promise<void> {
    if (this.#cancel) return;
    this.#cancel = this.#options.clock.every(REFRESH_MS, () => void this.refresh());
    await this.refresh();
  }

  /** Stops refreshing and removes the file; safe to call twice. */
  async stop(): Promise<void> {
    if (!this.#cancel) return;
    this.#cancel();
    this.#cancel = null;
    await this.#writing;
    await rm(this.#options.path, { force: true }).catch(() => {});
  }

  /** Writes the file, after any current write. Never throws. */
  refresh(): Promise<void> {
    this.#writing = this.#writing.then(() => this.#write());
    return this.#writing;
  }

  async #write(): Promise<void> {
    const { path, text, mode, onFailure, onRecovery } = this.#options;
    try {
      await replaceFile(path, text(), false, mode);
      if (this.#isFailing) onRecovery();
      this.#isFailing = false;
    } catch (error) {
      if (!this.#isFailing) onFailure(error);
      this.#isFailing = true;
    }
  }
}
