import { mkdir, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { codeOf } from '../../protocol/problems/problem.js';
import { orNotWritable } from './private-file.js';

/** Between two attempts, ms. */
const RETRY_MS = 20;
/** An action takes milliseconds: a lock that lasts this many attempts is of a killed process. */
const MAX_ATTEMPTS = 250;

/** Reads and replaces a private file while no other process of this user does. */
export async function withFileLock<T>(path: string, action: () => Promise<T>): Promise<T> {
  const lock = `${path}.lock`;
  await orNotWritable(path, () => mkdir(dirname(path), { recursive: true, mode: 0o700 }));
  for (let attempt = 1; !(await take(lock, path)); attempt += 1) {
    if (attempt % MAX_ATTEMPTS === 0) await rm(lock, { force: true });
    else await delay(RETRY_MS);
  }
  try {
    return await action();
  } finally {
    await rm(lock, { force: true });
  }
}

/** Resolves with false if another process has it. */
function take(lock: string, path: string): Promise<boolean> {
  return orNotWritable(path, async () => {
    try {
      await (await open(lock, 'wx', 0o600)).close();
      return true;
    } catch (error) {
      if (codeOf(error) === 'EEXIST') return false;
      throw error;
    }
  });
}
