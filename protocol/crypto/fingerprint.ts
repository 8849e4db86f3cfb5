import { createHash, type KeyObject } from 'node:crypto';

/**
 * The public key as an SSH wire blob, `ecdsa-sha2-nistp256` (RFC 5656 section 3.1): three
 * length-prefixed strings, the last one the uncompressed point.
 * @throws TypeError when the key is not on P-256
 */
export function sshPublicKeyBlob(key: KeyObject): Buffer {
  const jwk = key.export({ format: 'jwk' });
  if (jwk.kty !== 'EC' || jwk.crv !== 'P-256' || !jwk.x || !jwk.y) {
    throw new TypeError('sshPublicKeyBlob: the key is not ECDSA P-256');
  }
  const point = Buffer.concat([
    Buffer.from([4]),
    Buffer.from(jwk.x, 'base64url'),
    Buffer.from(jwk.y, 'base64url'),
  ]);
  return Buffer.concat(
    [Buffer.from('ecdsa-sha2-nistp256'), Buffer.from('nistp256'), point].flatMap((part) => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(part.length);
      return [length, part];
    }),
  );
}

/**
 * The fingerprint in an Edge key: base64 with padding of the SHA-256 over the SSH blob, as
 * `ssh-keygen -lf` prints it after `SHA256:`. It names the key and outlives any certificate.
 */
export function fingerprintOf(key: KeyObject): string {
  return createHash('sha256').update(sshPublicKeyBlob(key)).digest('base64');
}
