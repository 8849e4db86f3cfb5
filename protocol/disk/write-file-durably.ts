import { open, readdir, realpath, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import writeFileAtomic from 'write-file-atomic';

const OWNER_ONLY = 0o600;

/**
 * Atomically replaces `path` with `text`: temp file, fsync, rename, fsync of the folder. When it resolves, the file
 * survives a power cut. A symbolic link stays one.
 * @param mode permissions; default: owner only
 * @throws file system errors; the old file is then still there, unless only the folder's fsync failed
 */
export async function writeFileDurably(path: string, text: string, mode = OWNER_ONLY): Promise<void> {
  await replaceFile(path, text, true, mode);
  await syncFolder(dirname(await realpath(path)));
}

/**
 * As {@link writeFileDurably} without fsync, for reproducible data: a power cut may restore the old file or damage it.
 */
export function writeFileWhole(path: string, text: string | Uint8Array): Promise<void> {
  return replaceFile(path, text, false, OWNER_ONLY);
}

/** Removes temp files that a killed process left in `folder`, of files that are `ours`, while none is being written. */
export async function removeLeftovers(folder: string, ours: (name: string) => boolean): Promise<void> {
  for (const name of await readdir(folder)) {
    const target = /^(.+)\.[0-9]+$/.exec(name)?.[1];
    if (target !== undefined && ours(target)) await rm(join(folder, name), { force: true });
  }
}

/** Makes renames and removals in `folder` survive a power cut. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function replaceFile(path: string, text: string | Uint8Array, fsync: boolean, mode: number): Promise<void> {
  return writeFileAtomic(path, '', {
    mode,
    fsync,
    // write-file-atomic writes once without checking for a short write: on a full disk it puts a truncated file in
    // place and resolves. `writeFile` continues to the end or fails.
    tmpfileCreated: (temp) => writeFile(temp, text),
  });
}
