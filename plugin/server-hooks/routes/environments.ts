import { parseEdgeId } from '../../../protocol/crypto/edge-id.js';
import {
  changeEnvironment,
  createEnvironment,
  environmentCreated,
  keyRotated,
  rotateKey,
} from '../../api/environments/calls.js';
import { environmentList, environmentListQuery } from '../../api/environments/list.js';
import { environmentView } from '../../api/environments/view.js';
import type { EnvironmentAdmin } from '../environments/admin.js';
import { apiUrlOf, chooseAddresses, tunnelAddressOf } from '../environments/agent-addresses.js';
import { type CommandSources, environmentCommands } from '../environments/environment-commands.js';
import { defineOperation, STORE_PROBLEMS } from '../http/define-operation.js';
import { type ListSources, listEnvironments } from '../views/list/list-environments.js';
import { parseListQuery } from '../views/list/query.js';
import { describeEnvironment } from '../views/status/describe-environment.js';

export type EnvironmentDeps = ListSources & CommandSources & { readonly admin: EnvironmentAdmin };

/** `/api/environments`: admin operations on environments. */
export const environmentOperations = [
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
    async ({ access, query }, deps: EnvironmentDeps) => ({
      status: 200,
      body: await listEnvironments(parseListQuery(query), deps, access.filter()),
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
    async ({ body, origin }, deps: EnvironmentDeps) => {
      const { admin, options } = deps;
      const { environment, edgeKey } = await admin.create({
        name: body.name,
        ...chooseAddresses(body, deps, origin),
        edgeId: body.edgeId ? parseEdgeId(body.edgeId) : body.edgeId,
        tags: body.tags ?? [],
        checkInSeconds: body.checkInSeconds ?? null,
      });
      return {
        status: 201,
        headers: { location: `${options.mount}/api/environments/${environment.id}` },
        body: {
          ...describeEnvironment(environment, deps),
          edgeKey,
          commands: environmentCommands(environment, edgeKey, deps, body.insecurePoll),
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
    ({ environment }, deps: EnvironmentDeps) => ({
      status: 200,
      body: describeEnvironment(environment, deps),
    }),
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
    async ({ environment, body }, deps: EnvironmentDeps) => ({
      status: 200,
      body: describeEnvironment(await deps.admin.change(environment.id, body), deps),
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
    async ({ environment }, deps: EnvironmentDeps) => {
      await deps.admin.delete(environment.id);
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
    async ({ environment: { id }, body }, deps: EnvironmentDeps) => {
      const addresses = {
        ...(body.url === undefined ? {} : { apiUrl: apiUrlOf(body.url, deps.options.mount) }),
        ...(body.tunnelAddress === undefined ? {} : { tunnelAddress: tunnelAddressOf(body.tunnelAddress) }),
      };
      const { environment, edgeKey } = await deps.admin.rotateKey(id, body.overlapSeconds, addresses);
      return {
        status: 200,
        body: {
          edgeKey,
          commands: environmentCommands(environment, edgeKey, deps, body.insecurePoll),
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
    async ({ environment }, deps: EnvironmentDeps) => ({
      status: 200,
      body: describeEnvironment(await deps.admin.acceptClone(environment.id), deps),
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
    async ({ environment }, deps: EnvironmentDeps) => {
      await deps.admin.disassociate(environment.id);
      return { status: 204 };
    },
  ),
];
