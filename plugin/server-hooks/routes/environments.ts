import { parseEdgeId } from '../../../protocol/crypto/edge-id.js';
import {
  changeEnvironment,
  createEnvironment,
  environmentCreated,
  keyRotated,
  rotateKey,
} from '../../api/environment-calls.js';
import { environmentList, environmentListQuery } from '../../api/environment-list.js';
import { environmentView } from '../../api/environment-view.js';
import { apiUrlOf, chooseAddresses, tunnelAddressOf } from '../environments/agent-addresses.js';
import { printedCommandsOf } from '../environments/environment-commands.js';
import { defineOperation, STORE_PROBLEMS } from '../http/define-operation.js';
import { visibleTo } from '../http/guards/visible-to.js';
import { listEnvironments } from '../views/list/list-environments.js';
import { parseListQuery } from '../views/list/query.js';
import { describeEnvironment } from '../views/status/describe-environment.js';

/** `/api/environments`: admin operations on environments. */
export const environmentCalls = [
  defineOperation(
    {
      method: 'GET',
      path: '/api/environments',
      id: 'listEnvironments',
      summary: 'List environments',
      description:
        'Lists the environments the caller may read. Additions and removals between two pages do not shift other items; in a list by `status` or `lastCheckInAt` an environment that changes meanwhile may appear twice, or not at all.',
      access: 'read',
      showsOwn: true,
      query: environmentListQuery,
      answers: { 200: { description: 'One page', body: environmentList } },
      problems: ['cursor-invalid'],
    },
    async ({ services, principal, query }) => ({
      status: 200,
      body: await listEnvironments(parseListQuery(query), services, visibleTo(services.host, principal)),
    }),
  ),

  defineOperation(
    {
      method: 'POST',
      path: '/api/environments',
      id: 'createEnvironment',
      summary: 'Create an environment and its Edge key',
      description: 'Edge key and commands are shown only once; replace a lost key with `rotate-key`.',
      access: 'write',
      body: createEnvironment,
      answers: {
        201: { description: 'Created', body: environmentCreated, headers: { location: 'Its address' } },
      },
      problems: ['edge-id-malformed', 'name-taken', ...STORE_PROBLEMS],
    },
    async ({ services, body, origin }) => {
      const { admin, options } = services;
      const { environment, edgeKey } = await admin.create({
        name: body.name,
        ...chooseAddresses(body, services, origin),
        edgeId: body.edgeId ? parseEdgeId(body.edgeId) : body.edgeId,
        tags: body.tags ?? [],
        checkInSeconds: body.checkInSeconds ?? null,
      });
      return {
        status: 201,
        headers: { location: `${options.mount}/api/environments/${environment.id}` },
        body: {
          ...describeEnvironment(environment, services),
          edgeKey,
          commands: printedCommandsOf(environment, edgeKey, services, body.insecurePoll),
        },
      };
    },
  ),

  defineOperation(
    {
      method: 'GET',
      path: '/api/environments/:id',
      id: 'getEnvironment',
      summary: 'Get an environment',
      access: 'read',
      answers: { 200: { description: 'The environment', body: environmentView } },
    },
    ({ services, environment }) => ({ status: 200, body: describeEnvironment(environment, services) }),
  ),

  defineOperation(
    {
      method: 'PATCH',
      path: '/api/environments/:id',
      id: 'changeEnvironment',
      summary: 'Update name, tags or interval',
      access: 'write',
      body: changeEnvironment,
      answers: { 200: { description: 'The updated environment', body: environmentView } },
      problems: ['name-taken', ...STORE_PROBLEMS],
    },
    async ({ services, environment, body }) => ({
      status: 200,
      body: describeEnvironment(await services.admin.change(environment.id, body), services),
    }),
  ),

  defineOperation(
    {
      method: 'DELETE',
      path: '/api/environments/:id',
      id: 'deleteEnvironment',
      summary: 'Delete an environment',
      description: 'Its agent is rejected from then on; its tunnel closes immediately.',
      access: 'write',
      answers: { 204: { description: 'Deleted' } },
      problems: STORE_PROBLEMS,
    },
    async ({ services, environment }) => {
      await services.admin.delete(environment.id);
      return { status: 204 };
    },
  ),

  defineOperation(
    {
      method: 'POST',
      path: '/api/environments/:id/rotate-key',
      id: 'rotateKey',
      summary: 'Rotate the Edge key',
      description:
        'For a lost or leaked key, or new addresses. The old key stays valid for `overlapSeconds`.',
      access: 'write',
      body: rotateKey,
      answers: { 200: { description: 'The new key, shown only once', body: keyRotated } },
      problems: STORE_PROBLEMS,
    },
    async ({ services, environment: { id }, body }) => {
      const addresses = {
        ...(body.url === undefined ? {} : { apiUrl: apiUrlOf(body.url, services.options.mount) }),
        ...(body.tunnelAddress === undefined ? {} : { tunnelAddress: tunnelAddressOf(body.tunnelAddress) }),
      };
      const { environment, edgeKey } = await services.admin.rotateKey(id, body.overlapSeconds, addresses);
      return {
        status: 200,
        body: {
          edgeKey,
          commands: printedCommandsOf(environment, edgeKey, services, body.insecurePoll),
          oldKeyEndsAt: environment.keys.at(-2)?.expiresAt ?? null,
        },
      };
    },
  ),

  defineOperation(
    {
      method: 'POST',
      path: '/api/environments/:id/accept-clone',
      id: 'acceptClone',
      summary: 'Accept the rejected clone of a machine',
      description:
        'Of a machine and its full clone, the first keeps working and the other is rejected as `machine-cloned`. This swaps them: the one that tried last is admitted, and the tunnel closes immediately.',
      access: 'write',
      answers: { 200: { description: 'The updated environment', body: environmentView } },
      problems: ['no-clone', ...STORE_PROBLEMS],
    },
    async ({ services, environment }) => ({
      status: 200,
      body: describeEnvironment(await services.admin.acceptClone(environment.id), services),
    }),
  ),

  defineOperation(
    {
      method: 'DELETE',
      path: '/api/environments/:id/association',
      id: 'disassociate',
      summary: 'Remove the Edge ID and its agents',
      description: 'The tunnel closes immediately, and the Edge ID is barred until the key is rotated.',
      access: 'write',
      answers: { 204: { description: 'Removed' } },
      problems: STORE_PROBLEMS,
    },
    async ({ services, environment }) => {
      await services.admin.disassociate(environment.id);
      return { status: 204 };
    },
  ),
];
