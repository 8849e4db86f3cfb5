import { problem } from '../../../protocol/problems/agent.js';
import { codeOf, Problem } from '../../../protocol/problems/problem.js';
import type { EngineAddress } from '../config/engine-address.js';

/**
 * Explains a failed call to the engine to the agent's operator. Codes:
 * `engine-permission` (the socket exists, the agent's user may not use it), `engine-timeout`,
 * `engine-refused` (it answered with an HTTP error), `engine-bad-response` (its answer is not HTTP, or ended early),
 * `engine-unreachable` (everything else).
 */
export function toEngineError(error: unknown, address: EngineAddress): Problem {
  if (error instanceof Problem) return error;
  const where = address.kind === 'unix' ? address.path : `${address.host}:${address.port}`;
  const code = codeOf(error);
  if (code === 'EACCES' || code === 'EPERM') {
    return problem('engine-permission', {
      detail: `The agent may not open ${where}: run it as root or with the socket's group (--group-add); where the engine remaps users (userns-remap), with --userns=host`,
      cause: error,
    });
  }
  if (error instanceof Error && 'statusCode' in error) {
    return problem('engine-refused', {
      detail: `The engine answered with ${error.message}`,
      cause: error,
    });
  }
  const nextStep =
    address.kind === 'unix' && code === 'ENOENT'
      ? `mount the engine's socket into the container (-v ${where}:${where}) or set DOCKER_HOST`
      : 'check that the engine runs and that DOCKER_HOST names it';
  return problem('engine-unreachable', {
    detail: `The engine at ${where} does not answer (${code}): ${nextStep}`,
    cause: error,
  });
}
