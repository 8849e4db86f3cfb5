import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import type { ServerCertificate } from '../../protocol/certificates/own-certificate.js';

/**
 * Reads a certificate that the operator maintains. The last one in the file counts as CA if it is a root.
 * @throws {TypeError} that names both files when they are not PEM or do not match
 */
export async function readGivenCertificate(certFile: string, keyFile: string): Promise<ServerCertificate> {
  const [cert, key] = await Promise.all([readFile(certFile, 'utf8'), readFile(keyFile, 'utf8')]);
  const last = certificatesIn(cert).at(-1);
  try {
    // `createSecureContext` accepts an empty text; the file may be half written.
    createPrivateKey(key);
    createSecureContext({ cert, key });
  } catch (cause) {
    throw new TypeError(`${certFile} and ${keyFile} cannot be used together: ${String(cause)}`, { cause });
  }
  if (last === undefined) throw new TypeError(`${certFile} contains no PEM certificate`);
  const root = new X509Certificate(last);
  return root.checkIssued(root) ? { cert, key, ca: `${last}\n` } : { cert, key };
}

/** The certificates of a PEM file, one by one. */
export function certificatesIn(pem: string): string[] {
  return pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
}
