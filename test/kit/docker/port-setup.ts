import { sharedEngine } from '../engine/lab.js';
import { startHub } from '../hub/hub.js';
import type { Scope } from '../scope.js';
import { type PortSide, portSide } from './port-side.js';
import { cleanEnv, type DockerSetup, type DockerSide, joinEngine } from './setup.js';

/** A {@link DockerSetup} whose hub has a Docker port, and a client of it. */
export interface PortSetup extends DockerSetup {
  readonly byPort: DockerSide;
  readonly port: PortSide;
}

/** Starts it on the shared engine; ready when the environment is online. */
export async function startPortSetup(scope: Scope): Promise<PortSetup> {
  const engine = await sharedEngine();
  const hub = await startHub(scope, { env: { FAIRLEAD_DOCKER_PORT: '0' } });
  const joined = await joinEngine(scope, hub, engine.socketPath);
  const port = await portSide(scope, hub, joined.environmentId);
  const localEnv = { ...cleanEnv(), ...engine.clientEnv };
  const local: DockerSide = { kind: 'local', program: 'docker', args: [], env: localEnv };
  return { engine, hub, local, ...joined, port, byPort: port.side };
}
