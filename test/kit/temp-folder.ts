import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Scope } from './scope.js';

/** A folder that goes with the test. */
export async function tempFolder(t: Scope): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'fairlead-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
