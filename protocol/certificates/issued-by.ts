// The certificate library needs the Reflect API in place before it loads.
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';

/**
 * Makes a quick check of whether a certificate is from `ca` (both PEM, and {@link makeAuthority}'s kind): by the identifier
 * of the CA's key, which it carries (RFC 5280 section 4.2.1.1). To parse thousands of certificates would take seconds.
 * It proves nothing: the signature is verified where a certificate is used.
 */
export function issuedBy(ca: string): (certificate: string) => boolean {
  const keyId = new x509.X509Certificate(ca).getExtension(x509.SubjectKeyIdentifierExtension)?.keyId;
  if (keyId === undefined) throw new TypeError('the CA has no key identifier');
  const bytes = Buffer.from(keyId, 'hex');
  return (certificate) => {
    const [, body = ''] = /-----BEGIN CERTIFICATE-----([^-]+)/.exec(certificate) ?? [];
    return Buffer.from(body, 'base64').includes(bytes);
  };
}
