import { access, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { LabEngine } from '../engine.js';
import { AGENT_IMAGE, buildAgentImage } from './agent-image.js';
import { BASE_IMAGE, BUSYBOX_IMAGE, makeBaseImage, makeBusyboxImage } from './base-image.js';

/**
 * Loads the lab's images into engines: built once in the first one, then copied. In a test run the copy is kept in the
 * run's folder, for later engines. Needs the agent's bundle.
 */
export async function seedImages(engines: readonly [LabEngine, ...LabEngine[]]): Promise<void> {
  const [first, ...others] = engines;
  const archive = join(process.env.FAIRLEAD_LAB_DIR ?? dirname(first.socketPath), 'images.tar');
  if (await isThere(archive)) return load(archive, engines);
  await makeBusyboxImage(first);
  await makeBaseImage(first);
  await buildAgentImage(first);
  await first.docker(['save', '-o', `${archive}.part`, BUSYBOX_IMAGE, BASE_IMAGE, AGENT_IMAGE]);
  await rename(`${archive}.part`, archive);
  await load(archive, others);
}

async function load(archive: string, engines: readonly LabEngine[]): Promise<void> {
  await Promise.all(engines.map((engine) => engine.docker(['load', '-q', '-i', archive])));
}

function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
