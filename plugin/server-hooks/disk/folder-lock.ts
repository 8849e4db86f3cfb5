import { randomUUID } from 'node:crypto';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EdgeError } from '../../../protocol/edge-error.js';

/** Who holds a lock. `startedAt` tells a process from a later one with the same number. */
interface Holder {
  readonly pid: number;
  /** Boot id and start time as Linux tells them; null elsewhere, where the number alone must do. */
  readonly startedAt: string | null;
  readonly token: string;
}

/**
 * Keeps two processes on one machine from sharing a folder. The lock of a process that was killed is taken over.
 * Process numbers mean nothing across containers: two containers with the same volume are not kept apart.
 */
export class FolderLock {
  readonly #path: string;
  readonly #token = randomUUID();
  #held = false;

  /** @param folder must exist when {@link acquire} is called */
  constructor(folder: string) {
    this.#path = join(folder, 'fairlead.lock');
  }

  /** @throws EdgeError `store-locked` while another lock on the folder is held by a live process, this one included */
  async acquire(): Promise<void> {
    if (this.#held) return;
    const own: Holder = { pid: process.pid, startedAt: await startOf(process.pid), token: this.#token };
    const draft = `${this.#path}.${this.#token}`;
    // Written aside and linked: whoever sees the lock file sees all of it.
    await writeFile(draft, JSON.stringify(own), { mode: 0o600 });
    try {
      while (!(await linked(draft, this.#path))) await this.#removeStale();
      this.#held = true;
    } finally {
      await rm(draft, { force: true });
    }
  }

  /** Safe to call twice. */
  async release(): Promise<void> {
    if (!this.#held) return;
    this.#held = false;
    const holder = parseHolder(await readIfThere(this.#path));
    if (holder?.token === this.#token) await rm(this.#path, { force: true });
  }

  async #removeStale(): Promise<void> {
    const text = await readIfThere(this.#path);
    if (text === null) return;
    const holder = parseHolder(text);
    if (holder && (await lives(holder))) throw this.#locked(holder.pid);
    const aside = `${this.#path}.stale-${this.#token}`;
    if (!(await renamed(this.#path, aside))) return;
    // Between the look and the rename another process may have taken over: then this is its lock.
    const taken = parseHolder(await readIfThere(aside));
    try {
      if (taken && (await lives(taken))) {
        await linked(aside, this.#path);
        throw this.#locked(taken.pid);
      }
    } finally {
      await rm(aside, { force: true });
    }
  }

  #locked(pid: number): EdgeError {
    return new EdgeError('store-locked', `${this.#path} is held by process ${pid}`);
  }
}

async function lives(holder: Holder): Promise<boolean> {
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    if (Object(error).code === 'ESRCH') return false;
  }
  const startedAt = await startOf(holder.pid);
  return startedAt === null || holder.startedAt === null || startedAt === holder.startedAt;
}

/** Field 22 of proc_pid_stat(5), counted after the command's name, which may hold anything. */
async function startOf(pid: number): Promise<string | null> {
  const stat = await readIfThere(`/proc/${pid}/stat`);
  const boot = await readIfThere('/proc/sys/kernel/random/boot_id');
  const ticks = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  return ticks === undefined || boot === null ? null : `${boot.trim()} ${ticks}`;
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

async function renamed(from: string, to: string): Promise<boolean> {
  return (await rename(from, to).then(() => true, ignore('ENOENT'))) ?? false;
}

/** Null for the expected codes; anything else goes on. */
function ignore(...codes: readonly string[]): (error: unknown) => null {
  return (error) => {
    if (codes.includes(Object(error).code)) return null;
    throw error;
  };
}
