import type { Dirent } from 'node:fs';
import { readdir, rmdir } from 'node:fs/promises';
import { join } from 'node:path';

const ROOT = '/sys/fs/cgroup';

/** Removes the empty control groups an engine leaves behind: `ROOT/name` (v2) or `ROOT/<controller>/name` (v1). */
export async function removeCgroups(name: string): Promise<void> {
  await removeTree(join(ROOT, name));
  for (const entry of await list(ROOT)) {
    if (entry.isDirectory()) await removeTree(join(ROOT, entry.name, name));
  }
}

async function removeTree(dir: string): Promise<void> {
  for (const entry of await list(dir)) {
    if (entry.isDirectory()) await removeTree(join(dir, entry.name));
  }
  // A group with processes stays; the machine's own groups have other names.
  await rmdir(dir).catch(() => {});
}

function list(dir: string): Promise<Dirent[]> {
  return readdir(dir, { withFileTypes: true }).catch(() => []);
}
