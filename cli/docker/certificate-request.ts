import { webcrypto } from 'node:crypto';

const P256 = { name: 'ECDSA', namedCurve: 'P-256' };
const SIGNATURE = { name: 'ECDSA', hash: 'SHA-256' };

/** A new key, and the request for its certificate; both PEM. The key never leaves this machine. */
export async function makeCertificateRequest(): Promise<{ readonly csr: string; readonly key: string }> {
  // Loaded when needed: it is most of the bundle. It needs the Reflect API in place before it loads.
  await import('reflect-metadata');
  const x509 = await import('@peculiar/x509');
  x509.cryptoProvider.set(webcrypto);
  const keys = await webcrypto.subtle.generateKey(P256, true, ['sign', 'verify']);
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    // The hub chooses the name.
    name: 'CN=fairlead',
    keys,
    signingAlgorithm: SIGNATURE,
  });
  const der = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return {
    csr: `${request.toString('pem')}\n`,
    key: `${x509.PemConverter.encode(der, 'PRIVATE KEY')}\n`,
  };
}
