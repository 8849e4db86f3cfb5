import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { codeOf } from '../../protocol/problems/problem.js';
import { Failure } from '../failure.js';

const NOT_WRITABLE = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST']);
/** Permissions of others than the owner. */
const OTHERS = 0o077;

/** Replaces a file that only its owner can read, atomically; its folder is created likewise. */
export async function writePrivateFile(path: string, text: string): Promise<void> {
  const made = `${path}.${randomBytes(6).toString('hex')}`;
  await orNotWritable(path, async () => {
    try {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      const file = await open(made, 'wx', 0o600);
      try {
        await file.writeFile(text);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(made, path);
    } catch (error) {
      await rm(made, { force: true }).catch(() => undefined);
      throw error;
    }
  });
}

/** Names the variable with another folder if this one cannot be written. @throws Failure, or the action's error */
export async function orNotWritable<T>(path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    const code = codeOf(error);
    if (!NOT_WRITABLE.has(code)) throw error;
    throw new Failure(`Cannot write ${path}: ${code}`, {
      nextStep: 'Set FAIRLEAD_CONFIG to a folder that this user can write to',
      code,
    });
  }
}

/** Its text, or undefined without the file. `warn` is called if others can read it. */
export async function readPrivateFile(
  path: string,
  warn: (message: string) => void,
): Promise<string | undefined> {
  try {
    const { mode } = await stat(path);
    // Windows has no such permissions; its mode says nothing.
    if (process.platform !== 'win32' && (mode & OTHERS) !== 0)
      warn(`Warning: other users can access ${path}. Run: chmod 600 ${path}`);
    return await readFile(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return undefined;
    throw error;
  }
}
