import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { EdgeError } from './edge-error.js';

/** What an agent's `Authorization` header says; the MAC covers the rest of it. */
export interface RequestClaim {
  readonly environmentId: number;
  /** The instance's id, a UUID. */
  readonly instanceId: string;
  /** Milliseconds since the epoch by the agent's clock; rises strictly per instance and path. */
  readonly timeMs: number;
  /** HMAC-SHA256, base64url. */
  readonly mac: string;
}

/** The signed parts of an HTTP request. `path` starts below the plugin's mount: `/agent/check-in?…`. */
export interface SignedRequest {
  readonly method: string;
  readonly path: string;
  readonly body: Uint8Array;
}

/** Each claim has exactly one text: no leading zeros, no spare bits in the MAC's last character. */
const HEADER =
  /^Fairlead env=([1-9][0-9]{0,14}), instance=([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}), time=([1-9][0-9]{0,14}), mac=([A-Za-z0-9_-]{42}[AEIMQUYcgkosw048])$/;
const EMPTY_BODY_HASH = createHash('sha256').digest('base64url');

/** The `Authorization` header of an agent's request. Neither the Edge key nor the secret travels. */
export function signRequest(
  key: Uint8Array,
  claim: Omit<RequestClaim, 'mac'>,
  request: SignedRequest,
): string {
  const mac = macOf(key, claim, request).toString('base64url');
  return `Fairlead env=${claim.environmentId}, instance=${claim.instanceId}, time=${claim.timeMs}, mac=${mac}`;
}

/**
 * Reads the header that {@link signRequest} writes. Nothing in it is to be believed before
 * {@link verifyRequest} says so.
 * @throws EdgeError `agent-unauthorized` (401)
 */
export function parseAuthorization(header: string | undefined): RequestClaim {
  const match = HEADER.exec(header ?? '');
  const [, environment, instanceId, time, mac] = match ?? [];
  if (!environment || !instanceId || !time || !mac) throw unauthorized();
  return { environmentId: Number(environment), instanceId, timeMs: Number(time), mac };
}

/** Whether the claim's MAC was made with `key` over this very request; constant time. */
export function verifyRequest(key: Uint8Array, claim: RequestClaim, request: SignedRequest): boolean {
  const given = Buffer.from(claim.mac, 'base64url');
  const wanted = macOf(key, claim, request);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

/** One answer for every caller without the right secret, so that ids cannot be counted up. */
export function unauthorized(): EdgeError {
  return new EdgeError('agent-unauthorized', 'The Edge key or instance is not known here', { status: 401 });
}

function macOf(key: Uint8Array, claim: Omit<RequestClaim, 'mac'>, request: SignedRequest): Buffer {
  const bodyHash =
    request.body.length === 0
      ? EMPTY_BODY_HASH
      : createHash('sha256').update(request.body).digest('base64url');
  return createHmac('sha256', key)
    .update(
      `${request.method}\n${request.path}\n${claim.environmentId}\n${claim.instanceId}\n${claim.timeMs}\n${bodyHash}`,
    )
    .digest();
}
