import type { ApiWorld } from './api-world.js';

/** Scenarios of the Docker calls to one node of a Swarm, by `operationId`. */
export const NODE_SCENARIOS: Readonly<Record<string, (world: ApiWorld) => Promise<void>>> = {
  getNodeDocker: (world) => driveNode(world, 'getNodeDocker'),
  headNodeDocker: async ({ ask, swarm }) => {
    // A refusal of HEAD has no body with its code.
    await ask('headNodeDocker', '200', { path: `/api/environments/${swarm.id}/nodes/n1/docker/_ping` });
  },
  postNodeDocker: (world) => driveNode(world, 'postNodeDocker'),
  putNodeDocker: (world) => driveNode(world, 'putNodeDocker'),
  deleteNodeDocker: (world) => driveNode(world, 'deleteNodeDocker'),
  optionsNodeDocker: (world) => driveNode(world, 'optionsNodeDocker'),
};

async function driveNode(world: ApiWorld, id: string): Promise<void> {
  const { ask, online, empty, swarm, greedy } = world;
  const docker = `/api/environments/${swarm.id}/nodes/n1/docker`;
  await ask(id, '200', { path: `${docker}/v1.41/containers/json?all=1` });
  await ask(id, '400 bad-docker-path', { path: `${docker}/containers/a%2f..%2fb/json` });
  await ask(id, '501 buildkit-unsupported', { path: `${docker}/build?version=2&session=a` });
  await ask(id, '503 swarm-manager-unavailable', { path: `${docker}/tasks` });
  await ask(id, '404 node-not-found', { path: `/api/environments/${swarm.id}/nodes/n2/docker/_ping` });
  await ask(id, '404 node-not-found', { path: `/api/environments/${online.id}/nodes/n1/docker/_ping` });
  await ask(id, '404 node-not-found', { path: `/api/environments/${empty.id}/nodes/n1/docker/_ping` });
  await ask(id, '500 host-consumed-body', {
    at: greedy,
    path: `${docker}/_ping`,
    body: {},
    headers: { 'content-length': 2 },
  });
}
