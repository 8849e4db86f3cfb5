import { open, realpath, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import writeFileAtomic from 'write-file-atomic';

/**
 * Replaces the file at `path` with `text` atomically: temp file, fsync, rename, fsync of the folder. Resolves when it
 * survives a power cut.
 * @param mode permissions; default: owner only
 * @throws file system errors; the old file is then intact, unless only the folder's fsync failed
 */
export async function writeFileDurably(path: string, text: string, mode = 0o600): Promise<void> {
  await writeFileAtomic(path, '', {
    mode,
    // write-file-atomic writes once and ignores a short write: on a full disk it puts a truncated
    // file in place and resolves. `writeFile` writes everything or throws.
    tmpfileCreated: (temp) => writeFile(temp, text),
  });
  const folder = await open(dirname(await realpath(path)), 'r');
  await folder.sync().finally(() => folder.close());
}
