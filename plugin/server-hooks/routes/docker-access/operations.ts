import { certificateArchive } from '../../../../protocol/certificates/certificate-archive.js';
import { problem } from '../../../../protocol/problems.js';
import {
  archiveQuery,
  createDockerAccess,
  dockerAccessCreated,
  dockerAccessDetail,
  dockerAccessList,
} from '../../../api/environments/docker-access.js';
import type { AccessReview } from '../../docker-access/access-review.js';
import type { DockerAccessAdmin } from '../../docker-access/admin.js';
import type { DockerAuthority } from '../../docker-access/authority.js';
import { dockerConnection } from '../../docker-access/connection.js';
import { defineOperation, STORE_PROBLEMS } from '../../http/define-operation.js';
import type { LiveEnvironments } from '../../live/environments.js';
import type { DockerAccess } from '../../model/docker-access.js';
import type { Environment } from '../../model/environment.js';
import type { ResolvedOptions } from '../../options.js';
import type { Store } from '../../store/store.js';
import { requireNode } from '../../swarm/require-node.js';

/** The Docker port as the operations need it. */
export interface DockerAccessService {
  readonly authority: Pick<DockerAuthority, 'ca'>;
  /** The port that clients dial. */
  readonly port: number;
}

export interface DockerAccessDeps {
  /** Null: the Docker port is off. */
  readonly dockerAccess: DockerAccessService | null;
  readonly accessAdmin: DockerAccessAdmin;
  readonly accessReview: Pick<AccessReview, 'problemOf'>;
  readonly live: LiveEnvironments;
  readonly options: ResolvedOptions;
  readonly store: Store;
}

const TAR = 'application/x-tar';

/** `/api/environments/:id/docker-access`: client certificates for the Docker port. */
export const dockerAccessOperations = [
  defineOperation(
    {
      method: 'POST',
      path: '/api/environments/:id/docker-access',
      id: 'createDockerAccess',
      summary: 'Create a client certificate for the Docker port',
      description:
        'With it any Docker client uses the environment like a local engine. It is a credential of its own: it outlives the session or token that created it, until it expires or is revoked. Callers bound to one environment may therefore not create any.',
      access: 'write',
      refusesBound: true,
      query: archiveQuery,
      body: createDockerAccess,
      answers: {
        201: {
          description: 'Created; the key is shown only once',
          body: dockerAccessCreated,
          otherType: TAR,
          headers: { location: 'Its address' },
        },
      },
      problems: [
        'csr-invalid',
        'docker-port-off',
        'node-ambiguous',
        'node-not-found',
        'node-without-agent',
        'too-many-accesses',
        ...STORE_PROBLEMS,
      ],
    },
    async ({ access: caller, environment, query, body, origin }, deps: DockerAccessDeps) => {
      const { authority, port } = requirePort(deps);
      const { name, expiresAt = null, node = null, csr = null } = body;
      if (node !== null)
        requireNode(environment, encodeURIComponent(node), deps.live.of(environment.id).members);
      const { access, key } = await deps.accessAdmin.create(environment.id, {
        name,
        expiresAt,
        node,
        csr,
        address: addressOf(deps, port, origin),
        createdBy: caller.principal.id,
      });
      const location = `${deps.options.mount}/api/environments/${environment.id}/docker-access/${access.id}`;
      if (query.format === 'tar') {
        const headers = { location, ...tarHeaders(access) };
        return { status: 201, headers, body: archive(authority.ca, access, key, deps) };
      }
      const detail = describeDetail(environment, access, deps, authority.ca);
      return {
        status: 201,
        headers: { location },
        body: key === null ? detail : { ...detail, key },
      };
    },
  ),

  defineOperation(
    {
      method: 'GET',
      path: '/api/environments/:id/docker-access',
      id: 'listDockerAccess',
      summary: 'List the client certificates for the Docker port',
      description:
        'Expired ones included; creating another one drops those that expired more than a week ago. Never their keys.',
      access: 'read',
      answers: { 200: { description: 'All of the environment', body: dockerAccessList } },
    },
    ({ environment }, { accessReview }: DockerAccessDeps) => ({
      status: 200,
      body: { items: (environment.dockerAccess ?? []).map((access) => describe(access, accessReview)) },
    }),
  ),

  defineOperation(
    {
      method: 'GET',
      path: '/api/environments/:id/docker-access/:accessId',
      id: 'getDockerAccess',
      summary: 'Get a client certificate for the Docker port',
      access: 'read',
      params: { accessId: 'Id of the access.' },
      query: archiveQuery,
      answers: {
        200: { description: 'The access, never its key', body: dockerAccessDetail, otherType: TAR },
      },
      problems: ['docker-access-not-found', 'docker-port-off'],
    },
    ({ environment, params, query }, deps: DockerAccessDeps) => {
      const { authority } = requirePort(deps);
      const access = deps.accessAdmin.get(environment.id, params.accessId);
      if (query.format === 'tar') {
        return { status: 200, headers: tarHeaders(access), body: archive(authority.ca, access, null, deps) };
      }
      return { status: 200, body: describeDetail(environment, access, deps, authority.ca) };
    },
  ),

  defineOperation(
    {
      method: 'DELETE',
      path: '/api/environments/:id/docker-access/:accessId',
      id: 'revokeDockerAccess',
      summary: 'Revoke a client certificate for the Docker port',
      description: 'Its open calls end immediately.',
      access: 'write',
      params: { accessId: 'Id of the access.' },
      answers: { 204: { description: 'Revoked' } },
      problems: ['docker-access-not-found', ...STORE_PROBLEMS],
    },
    async ({ access: caller, environment, params }, { accessAdmin }: DockerAccessDeps) => {
      await accessAdmin.revoke(environment.id, params.accessId, caller.principal.id);
      return { status: 204 };
    },
  ),
];

function requirePort({ dockerAccess }: DockerAccessDeps): DockerAccessService {
  if (!dockerAccess) throw problem('docker-port-off');
  return dockerAccess;
}

/** Where clients reach the port: at its own address, else at the host of the public URL, else at that of this call. */
function addressOf({ store, options }: DockerAccessDeps, port: number, origin: string): string {
  const { dockerAddress, publicUrl } = options;
  return dockerAddress ?? `${new URL(store.settings().publicUrl ?? publicUrl ?? origin).hostname}:${port}`;
}

function describe(access: DockerAccess, review: Pick<AccessReview, 'problemOf'>) {
  const { id, name, node, address, createdAt, expiresAt, createdBy } = access;
  const problem = review.problemOf(access);
  return { id, name, node, host: `tcp://${address}`, createdAt, expiresAt, createdBy, problem };
}

function describeDetail(
  environment: Environment,
  access: DockerAccess,
  { accessReview }: Pick<DockerAccessDeps, 'accessReview'>,
  ca: string,
) {
  const { context, commands } = dockerConnection(environment, access.node, access.address);
  return { ...describe(access, accessReview), ca, certificate: access.certificate, context, commands };
}

function archive(
  ca: string,
  { certificate }: DockerAccess,
  key: string | null,
  { options }: Pick<DockerAccessDeps, 'options'>,
): Buffer {
  return Buffer.from(certificateArchive({ ca, certificate, key }, options.clock.now()).buffer);
}

function tarHeaders({ id }: DockerAccess): Record<string, string> {
  return {
    'content-type': TAR,
    'content-disposition': `attachment; filename="docker-access-${id.slice(0, 8)}.tar"`,
  };
}
