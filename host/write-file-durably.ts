import { open, realpath, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import writeFileAtomic from 'write-file-atomic';

/**
 * Puts `text` where `path` is, whole or not at all: temp file, fsync, rename, fsync of the folder. Resolves when a
 * power cut can no longer take it back.
 * @param mode permissions; default: its owner alone
 * @throws whatever the file system says; the old file is then still there, unless only the folder's fsync failed
 */
export async function writeFileDurably(path: string, text: string, mode = 0o600): Promise<void> {
  await writeFileAtomic(path, '', {
    mode,
    // write-file-atomic writes once and does not look how much was taken: on a disk that fills up it puts a
    // truncated file in place and resolves. `writeFile` goes on to the end or to the error.
    tmpfileCreated: (temp) => writeFile(temp, text),
  });
  const folder = await open(dirname(await realpath(path)), 'r');
  await folder.sync().finally(() => folder.close());
}
