import { createHmac, timingSafeEqual } from 'node:crypto';
import * as z from 'zod/mini';

/** An agent's answer to the hub's first request on a tunnel. */
export const tunnelProofSchema = z.object({
  environmentId: z.int(),
  instanceId: z.string().check(z.maxLength(36)),
  /** The credential's token. */
  token: z.string().check(z.minLength(43), z.maxLength(43)),
  /** {@link proofMac}: a stolen token alone opens nothing. */
  mac: z.string().check(z.minLength(43), z.maxLength(43)),
  /** The agent's inactivity time, ms; it owns that clock. */
  inactivityMs: z.number().check(z.positive(), z.maximum(86_400_000)),
});

/** Proof of a right to open this tunnel: a one-time token, presented by the instance it was made for. */
export type TunnelProof = z.infer<typeof tunnelProofSchema>;

/** HMAC-SHA256 over the token with the instance secret, base64url. */
export function proofMac(instanceSecret: Uint8Array, token: string): string {
  return createHmac('sha256', instanceSecret).update(`fairlead/1 tunnel\n${token}`).digest('base64url');
}

/** Compares a proof's MAC in constant time. */
export function verifyProofMac(instanceSecret: Uint8Array, proof: TunnelProof): boolean {
  const wanted = Buffer.from(proofMac(instanceSecret, proof.token));
  const given = Buffer.from(proof.mac);
  return wanted.length === given.length && timingSafeEqual(wanted, given);
}
