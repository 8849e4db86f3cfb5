import { EdgeError } from '../../../protocol/edge-error.js';
import { parseEdgeId } from '../../../protocol/edge-id.js';
import { parseApiUrl, parseTunnelAddress } from '../../../protocol/edge-key.js';
import {
  changeEnvironment,
  createEnvironment,
  environmentCreated,
  environmentList,
  keyRotated,
  rotateKey,
} from '../../api/environment-calls.js';
import { environmentView } from '../../api/environment-view.js';
import { describeEnvironment } from '../environments/describe-environment.js';
import { printCommands } from '../environments/printed-commands.js';
import type { Environment } from '../model/environment.js';
import type { Services } from '../services.js';
import { defineCall } from './define-call.js';
import { STORE_PROBLEMS } from './problem-statuses.js';

/** `/api/environments`: what admins do to environments. */
export const environmentCalls = [
  defineCall(
    {
      method: 'GET',
      path: '/api/environments',
      id: 'listEnvironments',
      summary: 'All environments',
      access: 'read',
      answers: { 200: { description: 'The list', body: environmentList } },
    },
    ({ services }) => {
      const items = [...services.store.environments()].map((each) => describeEnvironment(each, services));
      return { status: 200, body: { items, nextCursor: null } };
    },
  ),

  defineCall(
    {
      method: 'POST',
      path: '/api/environments',
      id: 'createEnvironment',
      summary: 'Makes an environment and its Edge key',
      description: 'Edge key and commands are shown this once; a lost one is replaced by `rotate-key`.',
      access: 'write',
      body: createEnvironment,
      answers: {
        201: { description: 'Made', body: environmentCreated, headers: { location: 'Its address' } },
      },
      problems: ['edge-id-malformed', 'name-taken', ...STORE_PROBLEMS],
    },
    async ({ services, body, origin }) => {
      const { admin, options } = services;
      const settings = services.store.settings();
      const url = body.url ?? settings.publicUrl ?? options.publicUrl ?? origin;
      const address = body.tunnelAddress ?? settings.tunnelAddress ?? options.tunnelAddress;
      const { environment, edgeKey } = await admin.create({
        name: body.name,
        apiUrl: apiUrlOf(url, options.mount),
        tunnelAddress: address === null ? null : tunnelAddressOf(address),
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
          commands: commandsOf(environment, edgeKey, services),
        },
      };
    },
  ),

  defineCall(
    {
      method: 'GET',
      path: '/api/environments/:id',
      id: 'getEnvironment',
      summary: 'One environment',
      access: 'read',
      answers: { 200: { description: 'What is known of it now', body: environmentView } },
    },
    ({ services, environment }) => ({ status: 200, body: describeEnvironment(environment, services) }),
  ),

  defineCall(
    {
      method: 'PATCH',
      path: '/api/environments/:id',
      id: 'changeEnvironment',
      summary: 'Changes name, tags or interval',
      access: 'write',
      body: changeEnvironment,
      answers: { 200: { description: 'As it is now', body: environmentView } },
      problems: ['name-taken', ...STORE_PROBLEMS],
    },
    async ({ services, environment, body }) => ({
      status: 200,
      body: describeEnvironment(await services.admin.change(environment.id, body), services),
    }),
  ),

  defineCall(
    {
      method: 'DELETE',
      path: '/api/environments/:id',
      id: 'deleteEnvironment',
      summary: 'Removes an environment',
      description: 'Its agent is refused from now on; its tunnel ends at once.',
      access: 'write',
      answers: { 204: { description: 'It is gone' } },
      problems: STORE_PROBLEMS,
    },
    async ({ services, environment }) => {
      await services.admin.delete(environment.id);
      return { status: 204 };
    },
  ),

  defineCall(
    {
      method: 'POST',
      path: '/api/environments/:id/rotate-key',
      id: 'rotateKey',
      summary: 'Makes a new Edge key',
      description:
        'For a lost key, a leaked one, or other addresses. The old one holds beside it for `overlapSeconds`.',
      access: 'write',
      body: rotateKey,
      answers: { 200: { description: 'The new key, shown this once', body: keyRotated } },
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
          commands: commandsOf(environment, edgeKey, services),
          oldKeyEndsAt: environment.keys.at(-2)?.expiresAt ?? null,
        },
      };
    },
  ),

  defineCall(
    {
      method: 'DELETE',
      path: '/api/environments/:id/association',
      id: 'disassociate',
      summary: 'Forgets the Edge ID and its agent',
      description: 'Its tunnel ends at once, and that Edge ID is barred until the key is rotated.',
      access: 'write',
      answers: { 204: { description: 'They are forgotten' } },
      problems: STORE_PROBLEMS,
    },
    async ({ services, environment }) => {
      await services.admin.disassociate(environment.id);
      return { status: 204 };
    },
  ),
];

function commandsOf({ edgeId, name }: Environment, edgeKey: string, { options, host }: Services) {
  return printCommands({
    edgeId,
    edgeKey,
    agentImage: options.agentImage,
    insecure: host.caCertificate !== undefined,
    name,
  });
}

/** A URL without a path means the hub's root: the plugin is at its mount. */
function apiUrlOf(text: string, mount: string): string {
  const url = member('url', () => parseApiUrl(text));
  return new URL(url).pathname === '/' ? `${url}${mount}` : url;
}

function tunnelAddressOf(text: string): string {
  return member('tunnelAddress', () => parseTunnelAddress(text));
}

/** @throws EdgeError `bad-request` (400) */
function member<T>(name: string, parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    throw new EdgeError('bad-request', `${name}: not an address agents could use`, { status: 400, cause });
  }
}
