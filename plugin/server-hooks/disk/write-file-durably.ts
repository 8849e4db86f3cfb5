import { open, readdir, realpath, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import writeFileAtomic from 'write-file-atomic';

/**
 * Puts `text` where `path` is, whole or not at all: temp file, fsync, rename, fsync of the folder. The file is
 * its owner's alone (0600). Resolves when a power cut can no longer take it back. A symbolic link stays one.
 * @throws whatever the file system says; the old file is then still there, unless only the folder's fsync failed
 */
export async function writeFileDurably(path: string, text: string): Promise<void> {
  await writeFileAtomic(path, '', {
    mode: 0o600,
    // write-file-atomic writes once and does not look how much was taken: on a disk that fills up it puts a
    // truncated file in place and resolves. `writeFile` goes on to the end or to the error.
    tmpfileCreated: (temp) => writeFile(temp, text),
  });
  await syncFolder(dirname(await realpath(path)));
}

/** Removes the temp files that a killed process left beside `path`. Only while no one else writes there. */
export async function removeLeftovers(path: string): Promise<void> {
  const folder = dirname(path);
  const prefix = `${basename(path)}.`;
  for (const name of await readdir(folder)) {
    if (name.startsWith(prefix) && /^[0-9]+$/.test(name.slice(prefix.length))) await rm(join(folder, name));
  }
}

/** Makes what was renamed or removed in `folder` survive a power cut. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
