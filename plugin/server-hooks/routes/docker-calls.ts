import * as z from 'zod';
import { allNodeList } from '../../api/all-node-list.js';
import type { Operation } from './define-operation.js';
import type { ProblemCode } from './problem-statuses.js';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS'] as const;

/** What any call to an engine may be refused with by the hub; the engine's own answers are the engine's. */
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

const PROBLEMS: readonly ProblemCode[] = [
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
      'Asks all nodes of the Swarm. Absent: the environment’s leader alone, and the answer is as Docker has it.',
    ),
  nodeSeconds: z.coerce
    .number()
    .pipe(z.int().min(1).max(60))
    .default(10)
    .describe('With `nodes=all`: how long one node may take before it counts as failed.'),
});

const listCall = (docker: string, id: string, what: string, plain: z.ZodType): Operation => ({
  answer: null,
  spec: {
    method: 'GET',
    path: `/api/environments/:id/docker/${docker}`,
    id,
    summary: `${what}, of all nodes if asked for`,
    description:
      'With `nodes=all` every node of the Swarm is asked, side by side, and woken where it sleeps. The answer names each node, those that failed included; a network of the whole Swarm comes once. Docker’s own parameters go to each node. With or without an API version before the list.',
    access: 'docker',
    query: NODES_QUERY,
    answers: { 200: { description: 'The list', body: z.union([allNodeList, plain]) } },
    problems: ENGINE_PROBLEMS,
  },
});

const entries = z.array(z.looseObject({}));
const listCalls: readonly Operation[] = [
  listCall('containers/json', 'listContainers', 'Containers', entries),
  listCall('images/json', 'listImages', 'Images', entries),
  listCall('volumes', 'listVolumes', 'Volumes', z.looseObject({ Volumes: entries.nullable() })),
  listCall('networks', 'listNetworks', 'Networks', entries),
];

/** The Docker API of an environment, described here and answered on the raw request by `docker.ts`. */
const rawCalls: readonly Operation[] = METHODS.map((method) => ({
  answer: null,
  spec: {
    method,
    path: '/api/environments/:id/docker/:path',
    id: `${method.toLowerCase()}Docker`,
    summary: "The environment's Docker API",
    description:
      "Wakes the environment and waits for its tunnel. Bodies stream both ways without a time limit; `Upgrade: tcp` works. The engine's answers come through as they are, its errors included, but for headers and content types that have no place on the hub's origin.",
    access: 'docker',
    params: { path: 'Any path of the Docker API, slashes included, with or without a version.' },
    answers: { '2XX': { description: 'What the engine answers', type: '*/*' } },
    problems: PROBLEMS,
  },
}));

/** Where there is no agent there is no node. */
const NOT_OF_NODES = new Set<ProblemCode>([
  'environment-not-associated',
  'environment-offline',
  'nodes-query-invalid',
]);

/** The same of one Swarm node. */
const nodeCalls: readonly Operation[] = METHODS.map((method) => ({
  answer: null,
  spec: {
    method,
    path: '/api/environments/:id/nodes/:node/docker/:path',
    id: `${method.toLowerCase()}NodeDocker`,
    summary: 'The Docker API of one node of its Swarm',
    description:
      "The same for one node, by the node's own tunnel, which is opened when it is needed and closed when it is not. Works without a manager in reach; what concerns the whole Swarm only on a node that is known as a manager.",
    access: 'docker',
    params: {
      node: 'Id of the node, or its name where only one has it.',
      path: 'Any path of the Docker API, slashes included, with or without a version.',
    },
    answers: { '2XX': { description: "What the node's engine answers", type: '*/*' } },
    problems: [
      ...PROBLEMS.filter((code) => !NOT_OF_NODES.has(code)),
      'node-ambiguous',
      'node-not-found',
      'node-offline',
      'node-without-agent',
    ],
  },
}));

export const dockerCalls: readonly Operation[] = [...rawCalls, ...listCalls, ...nodeCalls];
