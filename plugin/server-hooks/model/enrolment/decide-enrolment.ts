import { isDeepStrictEqual } from 'node:util';
import type { EnrolRequest } from '../../../../protocol/messages/agent-calls.js';
import { Problem, problem } from '../../../../protocol/problems.js';
import type { Environment, Instance, Machine } from '../environment.js';
import { type IdentifiedAgent, identifyAgent } from './identify-agent.js';
import { isOccupied, type Liveness, MAX_INSTANCES, retainedSiblings } from './occupancy.js';
import { placeInSwarm, type SwarmPlace } from './swarm-place.js';

/** An enrolment whose Edge key is proven. */
export interface EnrolmentClaim {
  readonly request: EnrolRequest;
  /** Of the key that signed it. */
  readonly keyGeneration: number;
  /** The machine to store. */
  readonly machine: Machine | undefined;
  /** Whether a known instance still runs on the same machine: only then it keeps its secret. */
  readonly isSameMachine: boolean;
  /** A new instance secret, for all others. */
  readonly newSecret: string;
  /** Wall clock. */
  readonly nowMs: number;
}

/** The environment is the same object if nothing changes. */
export interface Enrolled {
  readonly environment: Environment;
  readonly instance: Instance;
  readonly isKnown: boolean;
}

/**
 * Decides an enrolment: binds the Edge ID, keeps one live instance per engine, places the agent in the Swarm. Otherwise
 * the problem: those of {@link identifyAgent}, `duplicate` or `too-many-agents` (409).
 */
export function decideEnrolment(
  environment: Environment,
  claim: EnrolmentClaim,
  liveness: Liveness,
): Enrolled | Problem {
  const agent = identifyAgent(environment, claim.request, liveness);
  if (agent instanceof Problem) return agent;
  const { known, predecessor, request } = agent;
  if (isOccupied(environment, known, request, liveness)) {
    const retryAfterSeconds = Math.max(5, Math.ceil(liveness.intervalMs / 500));
    return problem('duplicate', { retryAfterSeconds });
  }
  const kept = retainedSiblings(environment, known, request, liveness);
  if (!known && kept.length >= MAX_INSTANCES) {
    const detail = `${MAX_INSTANCES} agents serve this environment: rotate its key to start over`;
    return problem('too-many-agents', { detail });
  }
  const remaining = environment.instances.filter((one) => one === predecessor || kept.includes(one));
  const place = placeInSwarm({ ...environment, instances: remaining }, predecessor, request);
  const instance = instanceOf(claim, agent, place);
  if (known && isUnchanged(environment, known, instance, place)) {
    return { environment, instance: known, isKnown: true };
  }
  return {
    instance,
    isKnown: known !== undefined,
    environment: {
      ...environment,
      edgeId: request.edgeId,
      associatedAt: environment.associatedAt ?? new Date(claim.nowMs).toISOString(),
      // A known one keeps its position: the order is that of enrolment.
      instances: known
        ? environment.instances.map((one) => (one === known ? instance : one))
        : [...kept, instance],
      swarm: place.swarm,
      swarmAuthority: place.authority,
    },
  };
}

function instanceOf(
  { keyGeneration, machine, isSameMachine, newSecret, nowMs }: EnrolmentClaim,
  { known, request }: IdentifiedAgent,
  { node, isOutside }: SwarmPlace,
): Instance {
  return {
    id: request.instanceId,
    publicKey: request.publicKey,
    // Of two machines with one key only the current one gets the secret.
    secret: known && isSameMachine ? known.secret : newSecret,
    keyGeneration,
    engineId: request.engineId,
    node,
    agentVersion: request.agentVersion,
    platform: request.platform,
    enrolledAt: known?.enrolledAt ?? new Date(nowMs).toISOString(),
    ...(isOutside && { isOutside }),
    ...(machine && { machine }),
  };
}

function isUnchanged(
  environment: Environment,
  known: Instance,
  instance: Instance,
  { swarm, authority }: SwarmPlace,
): boolean {
  return (
    environment.edgeId !== null &&
    swarm === environment.swarm &&
    authority === environment.swarmAuthority &&
    isDeepStrictEqual(known, instance)
  );
}
