import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { removeCgroups } from './remove-cgroups.js';

const OURS = /^fairlead-(?:lab|run)-(\d+)-/;

/** Deletes the folders of labs whose process died without cleanup (SIGKILL, power cut). */
export async function sweepLeftovers(root: string): Promise<void> {
  for (const name of await readdir(root)) {
    const owner = OURS.exec(name)?.[1];
    if (owner === undefined || isAlive(Number(owner))) continue;
    for (const inner of await readdir(join(root, name))) await removeCgroups(inner);
    await removeCgroups(name);
    await rm(join(root, name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH');
  }
}
