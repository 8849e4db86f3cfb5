import type { Scope } from '../scope.js';
import { type PortSide, portSide } from './port-side.js';
import { type DockerSetup, startDockerSetup } from './setup.js';

/** A {@link DockerSetup} whose hub has a Docker port, and a client of it. */
export interface PortSetup extends DockerSetup {
  readonly byPort: DockerSetup['through'];
  readonly port: PortSide;
}

/** Starts it; ready when the environment is online. */
export async function startPortSetup(scope: Scope): Promise<PortSetup> {
  const setup = await startDockerSetup(scope, { FAIRLEAD_DOCKER_PORT: '0' });
  const port = await portSide(scope, setup.hub, setup.environmentId);
  return { ...setup, port, byPort: port.side };
}
