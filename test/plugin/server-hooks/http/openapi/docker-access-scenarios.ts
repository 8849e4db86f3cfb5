import type { DockerAccessCreated } from '../../../../../plugin/api.js';
import { type ApiWorld, spare, unwritable } from './api-world.js';

/** Scenarios of the accesses to the Docker port, by `operationId`. */
export const DOCKER_ACCESS_SCENARIOS: Readonly<Record<string, (world: ApiWorld) => Promise<void>>> = {
  createDockerAccess: async (world) => {
    const { ask, frozen, silent } = world;
    const path = `${await spare(world)}/docker-access`;
    const id = 'createDockerAccess';
    await ask(id, '201', { path, body: { name: 'laptop' } });
    await ask(id, '201', { path: `${path}?format=tar`, body: { name: 'laptop' } });
    await ask(id, '400 bad-request', { path, body: { name: 'x', expiresAt: 'never' } });
    await ask(id, '400 csr-invalid', { path, body: { name: 'x', csr: 'nonsense' } });
    await ask(id, '404 node-not-found', { path, body: { name: 'x', node: 'n9' } });
    const off = { at: frozen.url, path: `/api/environments/${silent}/docker-access` };
    await ask(id, '409 docker-port-off', { ...off, body: { name: 'x' } });
    await unwritable(world, id, { path, body: { name: 'lost' } });
    for (let count = 2; count < 100; count++) await world.hub.call('POST', path, { name: `${count}` });
    await ask(id, '409 too-many-accesses', { path, body: { name: 'one too many' } });
  },

  listDockerAccess: async ({ ask }) => {
    await ask('listDockerAccess', '200');
  },

  getDockerAccess: async (world) => {
    const path = await makeAccess(world);
    await world.ask('getDockerAccess', '200', { path });
    await world.ask('getDockerAccess', '200', { path: `${path}?format=tar` });
    await world.ask('getDockerAccess', '400 bad-request', { path: `${path}?format=zip` });
    await world.ask('getDockerAccess', '404 docker-access-not-found');
    await world.ask('getDockerAccess', '409 docker-port-off', atPortless(world));
  },

  revokeDockerAccess: async (world) => {
    const path = await makeAccess(world);
    await unwritable(world, 'revokeDockerAccess', { path });
    await world.ask('revokeDockerAccess', '204', { path });
    await world.ask('revokeDockerAccess', '404 docker-access-not-found', { path });
  },
};

/** @returns its path */
async function makeAccess(world: ApiWorld): Promise<string> {
  const path = `${await spare(world)}/docker-access`;
  const { body } = await world.hub.call<DockerAccessCreated>('POST', path, { name: 'laptop' });
  return `${path}/${body.id}`;
}

function atPortless({ frozen, silent }: ApiWorld) {
  return { at: frozen.url, path: `/api/environments/${silent}/docker-access/x` };
}
