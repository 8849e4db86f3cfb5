import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CreateDockerAccess, DockerAccessCreated } from '../../../plugin/api.js';
import type { HubApi } from '../hub/api.js';
import type { Scope } from '../scope.js';
import { tempFolder } from '../temp-folder.js';
import { cleanEnv, type DockerSide } from './setup.js';

/** A docker client that reaches an environment by the Docker port, and its access. */
export interface PortSide {
  readonly side: DockerSide;
  readonly access: DockerAccessCreated;
  /** With `ca.pem`, `cert.pem` and `key.pem`. */
  readonly folder: string;
}

/** Creates an access, and its folder, as `DOCKER_CERT_PATH` names it. */
export async function portSide(
  scope: Scope,
  hub: HubApi,
  environmentId: number,
  body: Partial<CreateDockerAccess> = {},
): Promise<PortSide> {
  const path = `/edge/api/environments/${environmentId}/docker-access`;
  const created = await hub.call<DockerAccessCreated>('POST', path, { name: 'e2e', ...body });
  if (created.status !== 201) throw new Error(`no access: ${JSON.stringify(created.body)}`);
  const access = created.body;
  const folder = await tempFolder(scope);
  await writeFile(join(folder, 'ca.pem'), access.ca);
  await writeFile(join(folder, 'cert.pem'), access.certificate);
  await writeFile(join(folder, 'key.pem'), access.key ?? '', { mode: 0o600 });
  const env = { DOCKER_HOST: access.host, DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: folder };
  return {
    side: { kind: 'port', program: 'docker', args: [], env: { ...cleanEnv(), ...env } },
    access,
    folder,
  };
}
