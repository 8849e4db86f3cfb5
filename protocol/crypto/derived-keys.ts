import { createHash, hkdfSync } from 'node:crypto';

/** Purpose of a derived key; part of the HKDF input, so that no key serves two purposes. */
export type KeyPurpose = 'enrol' | 'credential' | 'doctor';

/**
 * `S`: SHA-256 of the join secret's base64url text. The hub keeps only this. It is as powerful as the secret
 * and is guarded like a key.
 */
export function hashJoinSecret(secret: string): Buffer {
  return createHash('sha256').update(secret, 'utf8').digest();
}

/**
 * `K(purpose)` = HKDF-SHA256 (RFC 5869) with the Edge ID's lower-case text as input keying material,
 * `S` as salt and `fairlead/1 <purpose>` as info; 32 bytes.
 */
export function deriveKey(edgeId: string, secretHash: Uint8Array, purpose: KeyPurpose): Buffer {
  return Buffer.from(
    hkdfSync('sha256', Buffer.from(edgeId, 'utf8'), secretHash, `fairlead/1 ${purpose}`, 32),
  );
}
