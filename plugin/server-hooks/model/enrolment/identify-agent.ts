import { unauthorized } from '../../../../protocol/crypto/request-signature.js';
import type { EnrolRequest } from '../../../../protocol/messages/agent-calls.js';
import { type Problem, problem } from '../../../../protocol/problems.js';
import type { Environment, Instance } from '../environment.js';
import { findPredecessor, type Liveness } from './occupancy.js';
import { belongs } from './swarm-place.js';

/** Who an enrolling agent is to an environment. */
export interface IdentifiedAgent {
  /** The instance that it already is. */
  readonly known: Instance | undefined;
  /** {@link known}, or the silent instance that it replaces. */
  readonly predecessor: Instance | undefined;
  /** The request, completed with what is known. */
  readonly request: EnrolRequest;
}

/**
 * Identifies an agent with a valid Edge key, if the environment may be its own. Otherwise the problem:
 * `association-removed`, `edge-id-mismatch`, `swarm-mismatch` (403) or `agent-unauthorized` (401).
 */
export function identifyAgent(
  environment: Environment,
  reported: EnrolRequest,
  liveness: Liveness,
): IdentifiedAgent | Problem {
  const { edgeId, barredEdgeIds, instances, swarm } = environment;
  if (barredEdgeIds.includes(reported.edgeId)) {
    return problem('association-removed');
  }
  if (edgeId !== null && edgeId !== reported.edgeId) {
    return problem('edge-id-mismatch');
  }
  const known = instances.find(({ id }) => id === reported.instanceId);
  const request = withKnown(reported, known);
  if (known && known.publicKey !== request.publicKey) return unauthorized();
  const predecessor = known ?? findPredecessor(environment, request, liveness);
  if (swarm && !belongs(swarm, request.node) && !predecessor) {
    return problem('swarm-mismatch');
  }
  return { known, predecessor, request };
}

/**
 * An engine that does not answer has no id, and one in transition (`pending`, `locked`, `error`) no place in a Swarm.
 * In both cases the agent's previous values hold.
 */
function withKnown(request: EnrolRequest, known: Instance | undefined): EnrolRequest {
  if (!known || (request.engineId !== null && request.isPlaceKnown !== false)) return request;
  return { ...request, engineId: request.engineId ?? known.engineId, node: request.node ?? known.node };
}
