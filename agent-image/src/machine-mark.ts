import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from '../../protocol/edge-error.js';
import type { Logger } from './log.js';
import { replaceFile } from './replace-file.js';

const FILE = 'mark';
const MARK = /^[A-Za-z0-9_-]{22}$/;

/**
 * What the hub gave this machine at its last boot, in `DATA_DIR`. A clone that was made before has an older one, so that
 * the hub knows which of the two it has met for longer.
 */
export class MachineMark {
  readonly #path: string;
  readonly #log: Pick<Logger, 'warn'>;
  #mark: string | undefined;

  constructor(dataDir: string, log: Pick<Logger, 'warn'>) {
    this.#path = join(dataDir, FILE);
    this.#log = log;
  }

  get value(): string | undefined {
    return this.#mark;
  }

  /** Reads it; one that is not there, or no mark, is as none. */
  async load(): Promise<void> {
    const text = await readFile(this.#path, 'latin1').catch(() => '');
    const [mark] = MARK.exec(text.trim()) ?? [];
    this.#mark = mark;
  }

  /** Keeps it; where `DATA_DIR` cannot be written, for this run only. */
  async keep(mark: string): Promise<void> {
    if (mark === this.#mark) return;
    this.#mark = mark;
    try {
      await replaceFile(this.#path, `${mark}\n`, true);
    } catch (error) {
      this.#log.warn(
        { code: 'data-dir-unwritable', path: this.#path, cause: codeOf(error) },
        'DATA_DIR cannot be written: after a restart of the machine the hub may take it for a clone',
      );
    }
  }
}
