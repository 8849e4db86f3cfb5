import { open, readdir, realpath, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import writeFileAtomic from 'write-file-atomic';

/**
 * Puts `text` where `path` is, whole or not at all: temp file, fsync, rename, fsync of the folder. The file is
 * its owner's alone (0600). Resolves when a power cut can no longer take it back. A symbolic link stays one.
 * @throws whatever the file system says; the old file is then still there, unless only the folder's fsync failed
 */
export async function writeFileDurably(path: string, text: string): Promise<void> {
  await replaceFile(path, text, true);
  await syncFolder(dirname(await realpath(path)));
}

/** The same without fsync, for what can be had again: a power cut may bring the old file back, or damage it. */
export function writeFileWhole(path: string, text: string | Uint8Array): Promise<void> {
  return replaceFile(path, text, false);
}

/** Removes the temp files that a killed process left of files in `folder` that are `ours`, while nobody writes them. */
export async function removeLeftovers(folder: string, ours: (name: string) => boolean): Promise<void> {
  for (const name of await readdir(folder)) {
    const target = /^(.+)\.[0-9]+$/.exec(name)?.[1];
    if (target !== undefined && ours(target)) await rm(join(folder, name), { force: true });
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

function replaceFile(path: string, text: string | Uint8Array, fsync: boolean): Promise<void> {
  return writeFileAtomic(path, '', {
    mode: 0o600,
    fsync,
    // write-file-atomic writes once and does not look how much was taken: on a disk that fills up it puts a
    // truncated file in place and resolves. `writeFile` goes on to the end or to the error.
    tmpfileCreated: (temp) => writeFile(temp, text),
  });
}
