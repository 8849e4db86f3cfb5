import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AgentProblemCode } from '../../../protocol/problems/agent.js';
import type { Logger } from '../log.js';
import { replaceFile } from './replace-file.js';

const FILE = 'mark';
const MARK = /^[A-Za-z0-9_-]{22}$/;

/**
 * The mark the hub issued to this machine at its last boot, kept in `DATA_DIR`. An earlier clone has an older mark, so
 * that the hub can distinguish the two.
 */
export class MachineMark {
  readonly #path: string;
  readonly #logger: Pick<Logger, 'warn'>;
  #mark: string | undefined;

  constructor(dataDir: string, logger: Pick<Logger, 'warn'>) {
    this.#path = join(dataDir, FILE);
    this.#logger = logger;
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
      this.#logger.warn(
        { code: 'data-dir-unwritable' satisfies AgentProblemCode, path: this.#path, err: error },
        'DATA_DIR cannot be written: after a restart of the machine the hub may treat it as a clone',
      );
    }
  }
}

/**
 * The kernel's random UUID of this boot (random(4)). Containers read the same one as their machine; a clone of the
 * machine has another.
 */
const BOOT_ID = '/proc/sys/kernel/random/boot_id';
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * Identifies this boot of this machine: 16 characters of base64url. Undefined where the system has no boot id.
 * A hash, because the id itself need not leave the machine.
 */
export async function readBoot(path: string = BOOT_ID): Promise<string | undefined> {
  const id = await readFile(path, 'latin1').then(
    (text) => text.trim(),
    () => '',
  );
  if (!UUID.test(id)) return undefined;
  return createHash('sha256').update(`fairlead/1 boot ${id}`).digest('base64url').slice(0, 16);
}
