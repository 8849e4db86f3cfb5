import type { ProblemDefinition } from './problem.js';

/** Codes of a Docker Engine and of the agent's connection to it. */
export const ENGINE_PROBLEMS = {
  'engine-bad-answer': {
    status: 502,
    sentence: 'The answer of the engine does not match the Docker API',
    cause:
      "The engine's answer does not match the Docker API. In the `nodes` of a list of all nodes: it is not such a list",
    nextStep:
      "Check what listens at the agent's `DOCKER_HOST`: `curl --unix-socket PATH http://x/info` shows it",
  },
  'engine-bad-response': {
    status: 502,
    sentence: 'The engine closed the connection or answered with something that is not HTTP',
    cause: "The engine's answer is not HTTP, has an impossible status or header, or ended early",
    nextStep: "Check what listens at the agent's `DOCKER_HOST`, and the engine's log",
  },
  'engine-permission': {
    sentence: 'The agent may not open the socket of its Docker Engine',
    nextStep:
      "Where the engine remaps users (`userns-remap`), start the agent with `--userns=host`, as the printed command does. Else run the agent as root, or give it the socket's group (`--group-add`)",
  },
  'engine-redirect': {
    status: 502,
    sentence: 'The engine answered with a redirect, which is not followed',
    cause: 'The engine answered with a redirect; `engineStatus` has its status. Redirects are not followed',
    nextStep: 'Correct the path, which most often is not in the form the engine expects',
  },
  'engine-refused': {
    status: 502,
    sentence: 'The Docker Engine, or a proxy in front of it, rejects the calls of the agent',
    cause:
      'The engine answered a call with an HTTP error. In the `nodes` of a list of all nodes, `detail` has its status and message',
    nextStep:
      "The engine's log has the reason; on Podman or behind a socket proxy the call may be disabled. If all nodes of a list report it, correct the parameters",
  },
  'engine-timeout': {
    sentence: 'The Docker Engine does not answer in time',
    cause: 'The engine accepts connections but does not answer in time',
    nextStep: "Check the engine's load and log; `docker info` on that machine hangs too",
  },
  'engine-unreachable': {
    status: 502,
    sentence: 'The agent cannot reach its Docker Engine',
    cause:
      "The agent cannot connect to its Docker Engine: the socket does not exist or does not accept connections. In answers to Docker calls: the tunnel is open, the engine's connection fails",
    nextStep:
      'Check that Docker runs on that machine, and that `/var/run/docker.sock` is mounted into the agent or `DOCKER_HOST` is set',
  },
  'stream-reset': {
    status: 502,
    sentence: 'The stream through the tunnel was reset',
    cause: 'The agent closed the connection to the engine before an answer',
    nextStep: "Check the engine's log; repeat the call if it is safe to repeat",
  },
} as const satisfies Record<string, ProblemDefinition>;
