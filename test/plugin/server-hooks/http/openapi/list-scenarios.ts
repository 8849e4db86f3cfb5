import { type ApiWorld, atSilent } from './api-world.js';

/** Scenarios of the lists that can be had of all nodes, by `operationId`. */
export const LIST_SCENARIOS: Readonly<Record<string, (world: ApiWorld) => Promise<void>>> = {
  listContainers: (world) => driveList(world, 'listContainers', 'v1.41/containers/json'),
  listImages: (world) => driveList(world, 'listImages', 'images/json'),
  listVolumes: (world) => driveList(world, 'listVolumes', 'volumes'),
  listNetworks: (world) => driveList(world, 'listNetworks', 'networks'),
};

async function driveList(world: ApiWorld, id: string, list: string): Promise<void> {
  const { ask, online, empty } = world;
  const docker = `/api/environments/${online.id}/docker`;
  await ask(id, '200', { path: `${docker}/${list}` });
  const { text } = await ask(id, '200', { path: `${docker}/${list}?nodes=all` });
  const [node] = JSON.parse(text).nodes;
  if (node?.state !== 'ok' || node.name !== 'engine') throw new Error(text);
  await ask(id, '400 nodes-query-invalid', { path: `${docker}/${list}?nodes=one` });
  await ask(id, '503 environment-not-associated', {
    path: `/api/environments/${empty.id}/docker/${list}?nodes=all`,
  });
  await ask(id, '503 environment-offline', atSilent(world, `docker/${list}?nodes=all`));
}
