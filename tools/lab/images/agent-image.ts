import { access } from 'node:fs/promises';
import { BASE_IMAGE, type ImageTarget } from './base-image.js';

/** Name of the agent image in a lab engine. */
export const AGENT_IMAGE = 'fairlead-lab/agent:1';

/** Builds {@link AGENT_IMAGE} from `Dockerfile.agent` and `dist/agent/main.mjs`. Needs the base image. */
export async function buildAgentImage(engine: ImageTarget): Promise<void> {
  await access('dist/agent/main.mjs').catch(() => {
    throw new Error('dist/agent/main.mjs is missing: run `npm run build` first');
  });
  const args = ['build', '-q', '-f', 'Dockerfile.agent', '--build-arg', `BASE=${BASE_IMAGE}`];
  // The engine's own builder: BuildKit would ask a registry for the base image.
  await engine.docker([...args, '-t', AGENT_IMAGE, '.'], { env: { DOCKER_BUILDKIT: '0' } });
}
