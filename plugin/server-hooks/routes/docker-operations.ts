import * as z from 'zod';
import type { HttpProblemCode } from '../../../protocol/problems.js';
import { allNodeList } from '../../api/all-node-list.js';
import type { Operation } from '../http/define-operation.js';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS'] as const;

/** The hub's problems on any call to an engine; the engine's own errors are passed through. */
const ENGINE_PROBLEMS = [
  'dial-timeout',
  'engine-bad-response',
  'engine-redirect',
  'engine-unreachable',
  'environment-not-associated',
  'environment-offline',
  'nodes-query-invalid',
  'too-many-calls',
  'too-many-streams',
  'tunnel-closed',
  'tunnel-lost',
  'tunnel-timeout',
] as const;

const PROBLEMS: readonly HttpProblemCode[] = [
  ...ENGINE_PROBLEMS,
  'attach-ws-refused',
  'bad-docker-path',
  'bad-upgrade-body',
  'buildkit-unsupported',
  'host-consumed-body',
  'swarm-manager-unavailable',
];

const NODES_QUERY = z.object({
  nodes: z
    .literal('all')
    .exactOptional()
    .describe(
      'Queries all nodes of the Swarm. Absent: only the environment’s leader, and the answer has Docker’s format.',
    ),
  nodeSeconds: z.coerce
    .number()
    .pipe(z.int().min(1).max(60))
    .default(10)
    .describe('With `nodes=all`: seconds after which a node counts as failed.'),
});

const listCall = (docker: string, id: string, what: string, plain: z.ZodType): Operation<unknown> => ({
  answer: null,
  spec: {
    method: 'GET',
    path: `/api/environments/:id/docker/${docker}`,
    id,
    summary: `List ${what}, optionally of all nodes`,
    description:
      'With `nodes=all` every node of the Swarm is queried in parallel, and woken if needed. The answer lists each node, failed ones included; a Swarm-wide network is listed once. Docker’s own parameters are passed to each node. The path may start with an API version.',
    access: 'docker',
    query: NODES_QUERY,
    answers: { 200: { description: 'The list', body: z.union([allNodeList, plain]) } },
    problems: ENGINE_PROBLEMS,
  },
});

const entries = z.array(z.looseObject({}));
const listCalls: readonly Operation<unknown>[] = [
  listCall('containers/json', 'listContainers', 'containers', entries),
  listCall('images/json', 'listImages', 'images', entries),
  listCall('volumes', 'listVolumes', 'volumes', z.looseObject({ Volumes: entries.nullable() })),
  listCall('networks', 'listNetworks', 'networks', entries),
];

/** The Docker API of an environment, described here and answered on the raw request by `docker.ts`. */
const rawCalls: readonly Operation<unknown>[] = METHODS.map((method) => ({
  answer: null,
  spec: {
    method,
    path: '/api/environments/:id/docker/:path',
    id: `${method.toLowerCase()}Docker`,
    summary: "Call the environment's Docker API",
    description:
      "Wakes the environment and waits for its tunnel. Bodies stream both ways without a time limit; `Upgrade: tcp` works. The engine's answers, errors included, pass unchanged, except headers and content types that are unsafe on the hub's origin.",
    access: 'docker',
    params: { path: 'Any path of the Docker API, slashes included, with or without a version.' },
    answers: { '2XX': { description: 'The engine’s answer', type: '*/*' } },
    problems: PROBLEMS,
  },
}));

/** Calls for nodes never answer with these. */
const NOT_OF_NODES = new Set<HttpProblemCode>([
  'environment-not-associated',
  'environment-offline',
  'nodes-query-invalid',
]);

/** The Docker API of one Swarm node. */
const nodeCalls: readonly Operation<unknown>[] = METHODS.map((method) => ({
  answer: null,
  spec: {
    method,
    path: '/api/environments/:id/nodes/:node/docker/:path',
    id: `${method.toLowerCase()}NodeDocker`,
    summary: 'Call the Docker API of one Swarm node',
    description:
      "Uses the node's own tunnel, which opens on demand and closes when idle. Works without a reachable manager; calls for the whole Swarm need a node that is a confirmed manager.",
    access: 'docker',
    params: {
      node: 'Id of the node, or its name if unique.',
      path: 'Any path of the Docker API, slashes included, with or without a version.',
    },
    answers: { '2XX': { description: "The answer of the node's engine", type: '*/*' } },
    problems: [
      ...PROBLEMS.filter((code) => !NOT_OF_NODES.has(code)),
      'node-ambiguous',
      'node-not-found',
      'node-offline',
      'node-without-agent',
    ],
  },
}));

export const dockerOperations: readonly Operation<unknown>[] = [...rawCalls, ...listCalls, ...nodeCalls];
