import { createHash } from 'node:crypto';
import { access, mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** Writable by root only, unlike the temporary folders: its content runs as root. */
const CACHE = '/var/cache/fairlead';

/** The folder of what is made from these files; they pin versions. A change of one gives another folder. */
export async function cachedFolder(name: string, files: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const file of files) hash.update(await readFile(file));
  return join(CACHE, `${name}-${hash.digest('hex').slice(0, 12)}`);
}

/**
 * Fills a folder, if it is not there yet. It is there only when it is complete.
 * @returns `undefined`, or the reason why it is missing
 */
export async function fillFolder(
  folder: string,
  fill: (unfinished: string) => Promise<unknown>,
): Promise<string | undefined> {
  if (await isThere(folder)) return undefined;
  await mkdir(CACHE, { recursive: true, mode: 0o700 });
  const unfinished = await mkdtemp(join(CACHE, 'unfinished-'));
  try {
    await fill(unfinished);
    await rename(unfinished, folder);
  } catch (error) {
    // Another run may have been faster.
    if (!(await isThere(folder))) return error instanceof Error ? error.message : String(error);
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  return undefined;
}

function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
