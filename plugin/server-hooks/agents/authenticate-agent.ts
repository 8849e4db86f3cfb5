import {
  type RequestClaim,
  type SignedHead,
  unauthorized,
  verifyHead,
} from '../../../protocol/crypto/request-signature.js';
import type { AgentPath } from '../../../protocol/messages/agent-calls.js';
import { problem } from '../../../protocol/problems.js';
import type { Clock } from '../../../protocol/time/clock.js';
import { MAX_SKEW_MS, type Presence } from '../live/presence.js';
import { type Environment, type Instance, isKeyValid } from '../model/environment.js';
import type { Store } from '../store/store.js';

/** An agent with a valid signature. */
export interface AuthenticatedAgent {
  readonly environment: Environment;
  readonly instance: Instance;
}

/** The agent that signed a request, with the bytes of its secret. */
export interface Signer extends AuthenticatedAgent {
  readonly key: Buffer;
}

const NO_KEY = Buffer.alloc(32);

/**
 * Rejects a call whose timestamp is skewed or not newer than the last one of this path.
 * @param path one of `AGENT_PATHS`, not what the agent sent: the hub keeps a timestamp for each
 * @throws Problem `clock-skew`, `request-replayed` (both 401)
 */
export function requireNewTimestamp(
  presence: Presence,
  clock: Clock,
  path: AgentPath,
  claim: RequestClaim,
): void {
  checkSkew(clock, claim.timeMs);
  acceptTimestamp(presence, clock, path, claim);
}

/**
 * Finds the agent that signed the request. Call it again once the body is read: the agent may have been removed
 * meanwhile.
 * @throws Problem `agent-unauthorized` (401)
 */
export function findSigner(store: Store, clock: Clock, claim: RequestClaim, head: SignedHead): Signer {
  const environment = store.environment(claim.environmentId);
  const instance = environment?.instances.find(({ id }) => id === claim.instanceId);
  // Unknown callers cost the same work, so that timing does not reveal which ids exist.
  if (!environment || !instance) {
    verifyHead(NO_KEY, claim, head);
    throw unauthorized();
  }
  const key = Buffer.from(instance.secret, 'base64url');
  if (!verifyHead(key, claim, head)) throw unauthorized();
  const joinKey = environment.keys.find(({ generation }) => generation === instance.keyGeneration);
  if (!joinKey || !isKeyValid(joinKey, clock.now())) throw unauthorized();
  return { environment, instance, key };
}

/**
 * @throws Problem `request-replayed` (401): this request, or a later one of this instance and path, was already received
 */
export function acceptTimestamp(
  presence: Presence,
  clock: Clock,
  path: AgentPath,
  { instanceId, timeMs }: RequestClaim,
): void {
  const later = presence.acceptTimestamp(instanceId, path, timeMs);
  if (later === null) return;
  throw problem('request-replayed', {
    // The agent continues from this time: one whose clock was set back need not wait until it catches up.
    members: { timeMs: Math.max(clock.now(), later + 1) },
  });
}

/** @throws Problem `clock-skew` (401) when `timeMs` is more than 60 s off */
export function checkSkew(clock: Clock, timeMs: number): void {
  if (Math.abs(clock.now() - timeMs) > MAX_SKEW_MS) {
    throw problem('clock-skew');
  }
}
