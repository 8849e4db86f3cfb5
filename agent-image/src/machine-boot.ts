import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';

/**
 * The kernel's random UUID of this boot (random(4)). Containers read the same one as their machine; a clone of the
 * machine has another.
 */
const BOOT_ID = '/proc/sys/kernel/random/boot_id';
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * Identifies this boot of this machine: 16 characters of base64url. Undefined where the system has no boot id.
 * A hash, because the id itself need not leave the machine.
 */
export async function readBoot(path: string = BOOT_ID): Promise<string | undefined> {
  const id = await readFile(path, 'latin1').then(
    (text) => text.trim(),
    () => '',
  );
  if (!UUID.test(id)) return undefined;
  return createHash('sha256').update(`fairlead/1 boot ${id}`).digest('base64url').slice(0, 16);
}
