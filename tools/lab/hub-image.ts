import { buildHub } from '../build-hub.js';
import { BASE_IMAGE, type ImageTarget } from './base-image.js';

/** Name of the hub image in a lab engine. */
export const HUB_IMAGE = 'fairlead-lab/hub:1';

/** Builds the hub, and {@link HUB_IMAGE} of it by `Dockerfile.hub`. Needs the base image. */
export async function buildHubImage(engine: Pick<ImageTarget, 'docker'>): Promise<void> {
  await buildHub();
  const args = ['build', '-q', '-f', 'Dockerfile.hub', '--build-arg', `BASE=${BASE_IMAGE}`];
  // The engine's own builder: BuildKit would ask a registry for the base image.
  await engine.docker([...args, '-t', HUB_IMAGE, '.'], { env: { DOCKER_BUILDKIT: '0' } });
}
