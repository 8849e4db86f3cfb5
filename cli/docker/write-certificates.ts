import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DockerAccess } from '../hub/docker-access.js';

/** Writes what `DOCKER_CERT_PATH` names: `ca.pem`, `cert.pem` and `key.pem`, readable by their owner only. */
export async function writeCertificates(
  folder: string,
  { ca, certificate, key }: Pick<DockerAccess, 'ca' | 'certificate' | 'key'>,
): Promise<void> {
  const files = { 'ca.pem': ca, 'cert.pem': certificate, 'key.pem': key };
  for (const [name, text] of Object.entries(files))
    await writeFile(join(folder, name), text, { mode: 0o600, flag: 'wx' });
}
