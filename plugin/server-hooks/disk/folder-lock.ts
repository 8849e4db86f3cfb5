import { randomUUID } from 'node:crypto';
import { link, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { problem } from '../../../protocol/problems.js';

/** The holder of a lock. `startedAt` distinguishes a process from a later one with the same number. */
interface Holder {
  readonly pid: number;
  /** Boot id and start time on Linux; null elsewhere, where only the number is compared. */
  readonly startedAt: string | null;
  readonly token: string;
}

const PREFIX = 'fairlead.lock-';

/**
 * Keeps two processes on one machine from sharing a folder. The lock of a killed process is taken over. Process numbers
 * are meaningless across containers: two containers with the same volume are not kept apart.
 *
 * Each process writes its own lock file, and holds the lock if it then finds no other live one. Of two that do so at
 * the same time, at least the later one to check sees the other. A single lock file that the next owner replaces would
 * be simpler, but another process may arrive between the check that its holder is dead and its removal.
 */
export class FolderLock {
  readonly #folder: string;
  readonly #token = randomUUID();
  #own: string | undefined;

  /** @param folder must exist when {@link acquire} is called */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** @throws Problem `store-locked` while a live process, including this one, holds another lock on the folder */
  async acquire(): Promise<void> {
    if (this.#own !== undefined) return;
    const own: Holder = { pid: process.pid, startedAt: await startOf(process.pid), token: this.#token };
    const draft = join(this.#folder, `${PREFIX}${this.#token}`);
    // Written to a draft and linked, so that a visible lock file is always complete.
    await writeFile(draft, JSON.stringify(own), { mode: 0o600 });
    try {
      while (this.#own === undefined) this.#own = await this.#tryAcquire(draft);
    } finally {
      await rm(draft, { force: true });
    }
  }

  /** Safe to call twice. */
  async release(): Promise<void> {
    const own = this.#own;
    this.#own = undefined;
    if (own !== undefined) await rm(own, { force: true });
  }

  /** The lock file's path, or undefined if another process created it first. */
  async #tryAcquire(draft: string): Promise<string | undefined> {
    const dead = await this.#deadNumbers(null);
    const number = Math.max(0, ...dead) + 1;
    const own = this.#path(number);
    if (!(await linked(draft, own))) return undefined;
    try {
      for (const left of await this.#deadNumbers(number)) await rm(this.#path(left), { force: true });
      return own;
    } catch (error) {
      await rm(own, { force: true });
      throw error;
    }
  }

  /** Numbers of dead holders' lock files, except `own`. @throws Problem `store-locked` if a holder is live */
  async #deadNumbers(own: number | null): Promise<number[]> {
    const dead: number[] = [];
    for (const name of await readdir(this.#folder)) {
      const number = Number(/^fairlead\.lock-([1-9][0-9]{0,8})$/.exec(name)?.[1]);
      if (Number.isNaN(number) || number === own) continue;
      const holder = parseHolder(await readIfThere(this.#path(number)));
      if (holder && (await isLive(holder))) {
        throw problem('store-locked', { detail: `${this.#folder} is in use by process ${holder.pid}` });
      }
      dead.push(number);
    }
    return dead;
  }

  #path(number: number): string {
    return join(this.#folder, `${PREFIX}${number}`);
  }
}

async function isLive(holder: Holder): Promise<boolean> {
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    if (Object(error).code === 'ESRCH') return false;
  }
  const startedAt = await startOf(holder.pid);
  return startedAt === null || holder.startedAt === null || startedAt === holder.startedAt;
}

/**
 * State and start time, fields 3 and 22 of proc_pid_stat(5), counted after the command's name, which may contain
 * anything.
 */
async function startOf(pid: number): Promise<string | null> {
  const stat = await readIfThere(`/proc/${pid}/stat`);
  const boot = await readIfThere('/proc/sys/kernel/random/boot_id');
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (!fields || boot === null) return null;
  // A zombie counts as dead.
  return fields[0] === 'Z' ? 'zombie' : `${boot.trim()} ${fields[19]}`;
}

function parseHolder(text: string | null): Holder | null {
  try {
    const value = JSON.parse(text ?? '');
    const { pid, startedAt, token } = Object(value);
    if (!Number.isInteger(pid) || pid < 1 || typeof token !== 'string') return null;
    return { pid, startedAt: typeof startedAt === 'string' ? startedAt : null, token };
  } catch {
    return null;
  }
}

async function readIfThere(path: string): Promise<string | null> {
  return readFile(path, 'utf8').catch(ignore('ENOENT', 'ESRCH'));
}

async function linked(from: string, to: string): Promise<boolean> {
  return (await link(from, to).then(() => true, ignore('EEXIST'))) ?? false;
}

/** Null for the expected codes; rethrows anything else. */
function ignore(...codes: readonly string[]): (error: unknown) => null {
  return (error) => {
    if (codes.includes(Object(error).code)) return null;
    throw error;
  };
}
