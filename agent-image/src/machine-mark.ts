import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from '../../protocol/edge-error.js';
import type { Logger } from './log.js';
import { replaceFile } from './replace-file.js';

const FILE = 'mark';
const MARK = /^[A-Za-z0-9_-]{22}$/;

/**
 * The mark the hub issued to this machine at its last boot, kept in `DATA_DIR`. An earlier clone has an older mark, so
 * that the hub can distinguish the two.
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

  /** Reads the file; a missing or malformed one counts as no mark. */
  async load(): Promise<void> {
    const text = await readFile(this.#path, 'latin1').catch(() => '');
    const [mark] = MARK.exec(text.trim()) ?? [];
    this.#mark = mark;
  }

  /** Stores the mark; for this run only if `DATA_DIR` is not writable. */
  async keep(mark: string): Promise<void> {
    if (mark === this.#mark) return;
    this.#mark = mark;
    try {
      await replaceFile(this.#path, `${mark}\n`, true);
    } catch (error) {
      this.#log.warn(
        { code: 'data-dir-unwritable', path: this.#path, cause: codeOf(error) },
        'DATA_DIR cannot be written: after a restart of the machine the hub may treat it as a clone',
      );
    }
  }
}
