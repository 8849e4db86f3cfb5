import { randomBytes } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Replaces the file at `path` with `text` atomically.
 * @param durable resolve only when the file survives a power cut
 * @param mode whatever the umask is; default: readable by its owner only
 * @throws file system errors; the old file is then intact, unless only the folder's fsync failed
 */
export async function replaceFile(path: string, text: string, durable: boolean, mode = 0o600): Promise<void> {
  // A random name, opened exclusively: other processes may write to this directory.
  const temporary = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    const file = await open(temporary, 'wx', mode);
    try {
      // Not always: some file systems refuse it, and a usual umask takes nothing from the default.
      if (((await file.stat()).mode & 0o777) !== mode) await file.chmod(mode);
      await file.writeFile(text);
      if (durable) await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw error;
  }
  if (durable) await syncFolder(dirname(path));
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  await folder.sync().finally(() => folder.close());
}
