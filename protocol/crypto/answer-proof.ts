import { createHmac, timingSafeEqual } from 'node:crypto';
import { hashOf } from './request-signature.js';

/** Header of each answer to a call with a valid signature. */
export const ANSWER_PROOF = 'fairlead-proof';

/** The parts of an answer that its proof covers. */
export interface ProvenAnswer {
  readonly status: number;
  /** The `ETag` header. */
  readonly etag: string | undefined;
  readonly body: Uint8Array;
}

/** Proxies that compress weaken tags (RFC 9110 section 8.8.1). */
export function strongTag(etag: string | undefined): string | undefined {
  return etag?.replace(/^W\//, '');
}

/**
 * Proves that an answer is the hub's and belongs to this request: HMAC-SHA256, base64url.
 * @param key the key the request was signed with
 * @param requestMac the request's own MAC: it covers method, path, instance, time and body
 */
export function proveAnswer(key: Uint8Array, requestMac: string, answer: ProvenAnswer): string {
  const { status, etag, body } = answer;
  return createHmac('sha256', key)
    .update(`fairlead/1 answer\n${requestMac}\n${status}\n${strongTag(etag) ?? ''}\n${hashOf(body)}`)
    .digest('base64url');
}

/** Whether `proof` matches {@link proveAnswer}; constant time. A missing one does not. */
export function verifyAnswer(
  key: Uint8Array,
  requestMac: string,
  answer: ProvenAnswer,
  proof: string | undefined,
): boolean {
  const wanted = Buffer.from(proveAnswer(key, requestMac, answer));
  const given = Buffer.from(proof ?? '');
  return wanted.length === given.length && timingSafeEqual(wanted, given);
}
