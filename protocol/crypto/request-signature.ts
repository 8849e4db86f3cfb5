import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { problem } from '../problems/agent.js';
import type { Problem } from '../problems/problem.js';

/** Content of an agent's `Authorization` header; the MAC covers the other fields. */
export interface RequestClaim {
  readonly environmentId: number;
  /** The instance's id, a UUID. */
  readonly instanceId: string;
  /** Milliseconds since the epoch by the agent's clock; rises strictly per instance and path. */
  readonly timeMs: number;
  /** SHA-256 of the body, base64url. */
  readonly bodyHash: string;
  /** HMAC-SHA256, base64url. */
  readonly mac: string;
}

/** The signed parts that arrive before the body. `path` starts below the plugin's mount: `/agent/check-in?…`. */
export interface SignedHead {
  readonly method: string;
  readonly path: string;
}

/** The signed parts of an HTTP request. */
export interface SignedRequest extends SignedHead {
  readonly body: Uint8Array;
}

/**
 * Each claim has one text: no leading zeros, no spare bits in the last character of hash and MAC. Only the hash of an
 * empty body may be present or not: older agents send it.
 */
const HEADER =
  /^Fairlead env=([1-9][0-9]{0,14}), instance=([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}), time=([1-9][0-9]{0,14})(?:, body=([A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]))?, mac=([A-Za-z0-9_-]{42}[AEIMQUYcgkosw048])$/;
const EMPTY_BODY_HASH = createHash('sha256').digest('base64url');

/** The `Authorization` header of an agent's request. Neither the Edge key nor the secret travels. */
export function signRequest(
  key: Uint8Array,
  claim: Omit<RequestClaim, 'bodyHash' | 'mac'>,
  request: SignedRequest,
): string {
  const bodyHash = hashOf(request.body);
  const mac = macOf(key, { ...claim, bodyHash }, request).toString('base64url');
  const body = bodyHash === EMPTY_BODY_HASH ? '' : `, body=${bodyHash}`;
  return `Fairlead env=${claim.environmentId}, instance=${claim.instanceId}, time=${claim.timeMs}${body}, mac=${mac}`;
}

/**
 * Parses the header that {@link signRequest} writes. Do not trust its content before {@link verifyRequest} succeeds.
 * @throws Problem `agent-unauthorized` (401)
 */
export function parseAuthorization(header: string | undefined): RequestClaim {
  const match = HEADER.exec(header ?? '');
  const [, environment, instanceId, time, bodyHash = EMPTY_BODY_HASH, mac] = match ?? [];
  if (!environment || !instanceId || !time || !mac) throw unauthorized();
  return { environmentId: Number(environment), instanceId, timeMs: Number(time), bodyHash, mac };
}

/**
 * Whether the claim's MAC was made with `key` over this head and the claimed body hash; constant time. Unknown callers
 * are rejected before their body is read; {@link verifyBody} then checks the received body.
 */
export function verifyHead(key: Uint8Array, claim: RequestClaim, head: SignedHead): boolean {
  const given = Buffer.from(claim.mac, 'base64url');
  const wanted = macOf(key, claim, head);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

/** Whether this is the claimed body. Not secret, so not in constant time. */
export function verifyBody(claim: RequestClaim, body: Uint8Array): boolean {
  return claim.bodyHash === hashOf(body);
}

/** Whether the claim's MAC was made with `key` over this request. */
export function verifyRequest(key: Uint8Array, claim: RequestClaim, request: SignedRequest): boolean {
  return verifyHead(key, claim, request) && verifyBody(claim, request.body);
}

/** The same answer for every caller without the right secret, so that ids cannot be enumerated. */
export function unauthorized(): Problem {
  return problem('agent-unauthorized');
}

/** SHA-256, base64url. */
export function hashOf(body: Uint8Array): string {
  return body.length === 0 ? EMPTY_BODY_HASH : createHash('sha256').update(body).digest('base64url');
}

function macOf(key: Uint8Array, claim: Omit<RequestClaim, 'mac'>, { method, path }: SignedHead): Buffer {
  const { environmentId, instanceId, timeMs, bodyHash } = claim;
  return createHmac('sha256', key)
    .update(`${method}\n${path}\n${environmentId}\n${instanceId}\n${timeMs}\n${bodyHash}`)
    .digest();
}
