import type { KeyObject } from 'node:crypto';
import { CompactEncrypt, compactDecrypt, importJWK, type JWK } from 'jose';
import { EdgeError } from '../edge-error.js';

/**
 * Seals the instance secret for the instance's X25519 key: compact JWE, `ECDH-ES` + `A256GCM` (RFC 8037).
 * @throws EdgeError `instance-key-unusable` (400) when that key yields no shared secret, such as a
 *   point of small order (RFC 7748 section 6.1)
 */
export async function sealInstanceSecret(publicKey: JWK, secret: Uint8Array): Promise<string> {
  try {
    const key = await importJWK(publicKey, 'ECDH-ES');
    return await new CompactEncrypt(secret)
      .setProtectedHeader({ alg: 'ECDH-ES', enc: 'A256GCM' })
      .encrypt(key);
  } catch (cause) {
    throw new EdgeError('instance-key-unusable', 'The instance key is not a usable X25519 public key', {
      status: 400,
      cause,
    });
  }
}

/**
 * Opens the result of {@link sealInstanceSecret}.
 * @throws EdgeError `instance-secret-unreadable`
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
    throw new EdgeError('instance-secret-unreadable', 'The hub answered for another instance key', { cause });
  }
}
