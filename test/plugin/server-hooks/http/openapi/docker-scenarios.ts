import { type ApiWorld, atSilent } from './api-world.js';

/** Scenarios of the Docker calls to an environment, by `operationId`. */
export const DOCKER_SCENARIOS: Readonly<Record<string, (world: ApiWorld) => Promise<void>>> = {
  getDocker: (world) => driveDocker(world, 'getDocker'),
  headDocker: async ({ ask }) => {
    // A refusal of HEAD has no body with its code.
    await ask('headDocker', '200');
  },
  postDocker: (world) => driveDocker(world, 'postDocker'),
  putDocker: (world) => driveDocker(world, 'putDocker'),
  deleteDocker: (world) => driveDocker(world, 'deleteDocker'),
  optionsDocker: (world) => driveDocker(world, 'optionsDocker'),
};

async function driveDocker(world: ApiWorld, id: string): Promise<void> {
  const { ask, online, empty, greedy } = world;
  const docker = `/api/environments/${online.id}/docker`;
  await ask(id, '200', { path: `${docker}/v1.41/containers/json?all=1` });
  await ask(id, '400 bad-docker-path', { path: `${docker}/containers/a%2f..%2fb/json` });
  await ask(id, '501 buildkit-unsupported', { path: `${docker}/build?version=2&session=a` });
  await ask(id, '400 nodes-query-invalid', { path: `${docker}/info?nodes=all` });
  await ask(id, '503 swarm-manager-unavailable', {
    path: `/api/environments/${world.swarm.id}/docker/tasks`,
  });
  await ask(id, '503 environment-not-associated', { path: `/api/environments/${empty.id}/docker/_ping` });
  await ask(id, '503 environment-offline', atSilent(world, 'docker/_ping'));
  await ask(id, '500 host-consumed-body', { at: greedy, body: {}, headers: { 'content-length': 2 } });
}
