import type { Clock } from '../../../protocol/clock.js';
import { EdgeError } from '../../../protocol/edge-error.js';
import {
  parseAuthorization,
  type RequestClaim,
  type SignedRequest,
  unauthorized,
  verifyRequest,
} from '../../../protocol/request-signature.js';
import { type Environment, type Instance, keyHolds } from '../model/environment.js';
import type { Store } from '../store/store.js';
import { MAX_SKEW_MS, type Presence } from './presence.js';

/** An agent whose signature holds. */
export interface AuthenticatedAgent {
  readonly environment: Environment;
  readonly instance: Instance;
}

const NO_KEY = Buffer.alloc(32);

/**
 * Verifies a signed agent request: signature first, then the clock, then that the stamp is new.
 * @throws EdgeError `agent-unauthorized`, `clock-skew`, `stamp-not-new` (all 401)
 */
export function authenticateAgent(
  store: Store,
  presence: Presence,
  clock: Clock,
  authorization: string | undefined,
  request: SignedRequest,
): AuthenticatedAgent {
  const claim = parseAuthorization(authorization);
  const environment = store.environment(claim.environmentId);
  const instance = environment?.instances.find(({ id }) => id === claim.instanceId);
  // A stranger's request costs the same work, so that time does not tell which ids exist.
  if (!environment || !instance) {
    verifyRequest(NO_KEY, claim, request);
    throw unauthorized();
  }
  if (!verifyRequest(Buffer.from(instance.secret, 'base64url'), claim, request)) throw unauthorized();
  const key = environment.keys.find(({ generation }) => generation === instance.keyGeneration);
  if (!key || !keyHolds(key, clock.now())) throw unauthorized();
  checkSkew(clock, claim.timeMs);
  const path = request.path.split('?', 1)[0] ?? '';
  takeStamp(presence, clock, environment.id, path, claim);
  return { environment, instance };
}

/** @throws EdgeError `stamp-not-new` (401): the request, or a later one of this instance and path, was seen before */
export function takeStamp(
  presence: Presence,
  clock: Clock,
  environmentId: number,
  path: string,
  { instanceId, timeMs }: RequestClaim,
): void {
  const later = presence.takeStamp(environmentId, instanceId, path, timeMs);
  if (later === null) return;
  throw new EdgeError('stamp-not-new', 'A request with this or a later time was seen before', {
    status: 401,
    // The time to go on from: an agent whose clock was set back need not wait until it has caught up.
    details: { timeMs: Math.max(clock.now(), later + 1) },
  });
}

/** @throws EdgeError `clock-skew` (401) when `timeMs` is more than 60 s off */
export function checkSkew(clock: Clock, timeMs: number): void {
  if (Math.abs(clock.now() - timeMs) > MAX_SKEW_MS) {
    throw new EdgeError('clock-skew', "The agent's clock is more than 60 s off", { status: 401 });
  }
}
