import type { KeyObject } from 'node:crypto';
import { CompactEncrypt, compactDecrypt, importJWK, type JWK } from 'jose';
import { problem } from '../problems/agent.js';

/**
 * Seals the instance secret for the instance's X25519 key: compact JWE, `ECDH-ES` + `A256GCM` (RFC 8037).
 * @throws Problem `instance-key-unusable` (400) when that key yields no shared secret, such as a
 *   point of small order (RFC 7748 section 6.1)
 */
export async function sealInstanceSecret(publicKey: JWK, secret: Uint8Array): Promise<string> {
  try {
    const key = await importJWK(publicKey, 'ECDH-ES');
    return await new CompactEncrypt(secret)
      .setProtectedHeader({ alg: 'ECDH-ES', enc: 'A256GCM' })
      .encrypt(key);
  } catch (cause) {
    throw problem('instance-key-unusable', { cause });
  }
}

/**
 * Opens the result of {@link sealInstanceSecret}.
 * @throws Problem `instance-secret-unreadable`
 */
export async function openInstanceSecret(privateKey: KeyObject, sealed: string): Promise<Buffer> {
  try {
    const { plaintext } = await compactDecrypt(sealed, privateKey, {
      keyManagementAlgorithms: ['ECDH-ES'],
      contentEncryptionAlgorithms: ['A256GCM'],
      maxDecompressedLength: 0,
    });
    if (plaintext.length !== 32) throw new TypeError('an instance secret has 32 bytes');
    return Buffer.from(plaintext);
  } catch (cause) {
    throw problem('instance-secret-unreadable', { cause });
  }
}
