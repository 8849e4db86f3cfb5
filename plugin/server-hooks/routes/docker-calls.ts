import type { Call, CallSpec } from './define-call.js';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE'] as const;

/** What a Docker call may answer for the hub; the engine's own answers are the engine's. */
const PROBLEMS: CallSpec['problems'] = [
  'attach-ws-refused',
  'bad-docker-path',
  'buildkit-unsupported',
  'chunked-upgrade-body',
  'dial-timeout',
  'engine-bad-response',
  'engine-redirect',
  'engine-unreachable',
  'environment-not-associated',
  'environment-offline',
  'host-consumed-body',
  'too-many-calls',
  'too-many-streams',
  'tunnel-closed',
  'tunnel-lost',
  'tunnel-timeout',
  'upgrade-body-too-large',
  'upgrade-unsupported',
];

/** The Docker API of an environment, described here and answered on the raw request by `docker.ts`. */
export const dockerCalls: readonly Call[] = METHODS.map((method) => ({
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
