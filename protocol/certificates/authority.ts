// The certificate library needs the Reflect API in place before it loads.
import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import * as x509 from '@peculiar/x509';

/** A certificate and its key, both PEM. */
export interface KeyedCertificate {
  readonly certificate: string;
  readonly key: string;
}

const P256 = { name: 'ECDSA', namedCurve: 'P-256' };
const SIGNATURE = { name: 'ECDSA', hash: 'SHA-256' };
const DAY_MS = 24 * 60 * 60 * 1000;
/**
 * The authority's validity does not depend on the clock, which may be wrong at the first start. The end is RFC 5280's
 * value for "no expiration date": an earlier one would protect nothing, as the key is stored next to the certificate.
 */
const ALWAYS = { begins: new Date('1970-01-01T00:00:00Z'), ends: new Date('9999-12-31T23:59:59Z') };
/** Apple's clients refuse server certificates of more than 398 days. */
const SERVER_DAYS = 397;
/** A client's clock may be a little behind ours. */
const BACKDATED_MS = 60 * 60 * 1000;

x509.cryptoProvider.set(webcrypto);

/**
 * Creates our own certificate authority.
 * @param span default: always valid
 */
export async function makeAuthority(
  randomBytes: (size: number) => Buffer,
  span: { readonly begins: Date; readonly ends: Date } = ALWAYS,
): Promise<KeyedCertificate> {
  const keys = await webcrypto.subtle.generateKey(P256, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: newSerialNumber(randomBytes),
    // Two hubs' authorities in one trust store must not share a name.
    name: [{ CN: [`Fairlead CA ${randomBytes(4).toString('hex')}`] }],
    notBefore: span.begins,
    notAfter: span.ends,
    keys,
    signingAlgorithm: SIGNATURE,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate: pem(certificate), key: await keyPem(keys.privateKey) };
}

/**
 * Issues a server certificate for `names` (DNS names and IP addresses) with a new key.
 * It lasts 397 days, within the span of the authority; at a time outside of that, from its nearer end.
 */
export async function issueServerCertificate(
  authority: KeyedCertificate,
  names: readonly string[],
  now: number,
  randomBytes: (size: number) => Buffer,
): Promise<KeyedCertificate> {
  const issuer = new x509.X509Certificate(authority.certificate);
  const keys = await webcrypto.subtle.generateKey(P256, true, ['sign', 'verify']);
  const [earliest, latest] = [issuer.notBefore.getTime(), issuer.notAfter.getTime()];
  const begins = Math.max(earliest, Math.min(now - BACKDATED_MS, latest - SERVER_DAYS * DAY_MS));
  const certificate = await issue(authority, {
    serialNumber: newSerialNumber(randomBytes),
    commonName: 'Fairlead hub',
    begins,
    ends: Math.min(begins + BACKDATED_MS + SERVER_DAYS * DAY_MS, latest),
    publicKey: keys.publicKey,
    usage: x509.ExtendedKeyUsage.serverAuth,
    names: names.map((value) => ({ type: isIP(value) ? 'ip' : 'dns', value })),
  });
  return { certificate, key: await keyPem(keys.privateKey) };
}

/** A client certificate to issue. */
export interface ClientCertificate {
  /** See {@link newSerialNumber}. */
  readonly serialNumber: string;
  /** At most 64 characters (RFC 5280, upper bounds). */
  readonly commonName: string;
  /** What the client may use, as its only alternative name. */
  readonly uri: string;
  /** ECDSA P-256; null: a new one is created. */
  readonly publicKey: webcrypto.CryptoKey | null;
  readonly now: number;
  readonly expiresAtMs: number;
}

/** Issues a client certificate, valid from an hour ago. Its key is null if the client has it. */
export async function issueClientCertificate(
  authority: KeyedCertificate,
  { serialNumber, commonName, uri, publicKey, now, expiresAtMs }: ClientCertificate,
): Promise<{ readonly certificate: string; readonly key: string | null }> {
  const keys = publicKey === null ? await webcrypto.subtle.generateKey(P256, true, ['sign', 'verify']) : null;
  const certificate = await issue(authority, {
    serialNumber,
    commonName,
    begins: now - BACKDATED_MS,
    ends: expiresAtMs,
    publicKey: publicKey ?? keys?.publicKey,
    usage: x509.ExtendedKeyUsage.clientAuth,
    names: [{ type: 'url', value: uri }],
  });
  return { certificate, key: keys ? await keyPem(keys.privateKey) : null };
}

/**
 * The public key of a certificate request (PKCS #10, PEM), whose owner has proved the private one by signing it.
 * Everything else in the request is ignored.
 * @throws TypeError if it cannot be read, its key is not ECDSA P-256, or its signature is wrong
 */
export async function readCertificateRequest(text: string): Promise<webcrypto.CryptoKey> {
  const request = new x509.Pkcs10CertificateRequest(text);
  const algorithm: { readonly name: string; readonly namedCurve?: string } = request.publicKey.algorithm;
  // Before the signature: verifying one of a huge foreign key would cost much.
  if (algorithm.name !== P256.name || algorithm.namedCurve !== P256.namedCurve) {
    throw new TypeError('the key is not ECDSA P-256');
  }
  if (!(await request.verify())) throw new TypeError('the signature is wrong');
  return request.publicKey.export(P256, ['verify']);
}

/** Positive, with 126 random bits: 32 hex digits. */
export function newSerialNumber(randomBytes: (size: number) => Buffer): string {
  const bytes = randomBytes(16);
  bytes.writeUInt8((bytes.readUInt8(0) & 0x3f) | 0x40, 0);
  return bytes.toString('hex');
}

interface LeafCertificate {
  readonly serialNumber: string;
  readonly commonName: string;
  readonly begins: number;
  readonly ends: number;
  readonly publicKey: webcrypto.CryptoKey | undefined;
  readonly usage: x509.ExtendedKeyUsage;
  readonly names: x509.JsonGeneralNames;
}

async function issue(authority: KeyedCertificate, leaf: LeafCertificate): Promise<string> {
  const { serialNumber, commonName, begins, ends, publicKey, usage, names } = leaf;
  if (publicKey === undefined) throw new TypeError('a certificate needs a key');
  const issuer = new x509.X509Certificate(authority.certificate);
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber,
    // A plain string would be parsed: `#` starts hex, `"` quotes, `\` escapes.
    subject: new x509.Name([{ CN: [{ utf8String: commonName }] }]),
    issuer: issuer.subjectName,
    notBefore: new Date(begins),
    notAfter: new Date(ends),
    publicKey,
    signingKey: await importKey(authority.key),
    signingAlgorithm: SIGNATURE,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([usage]),
      new x509.SubjectAlternativeNameExtension(names),
      await x509.SubjectKeyIdentifierExtension.create(publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
    ],
  });
  return pem(certificate);
}

function pem(certificate: x509.X509Certificate): string {
  return `${certificate.toString('pem')}\n`;
}

async function keyPem(key: webcrypto.CryptoKey): Promise<string> {
  return `${x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY')}\n`;
}

function importKey(key: string): Promise<webcrypto.CryptoKey> {
  const der = x509.PemConverter.decodeFirst(key);
  return webcrypto.subtle.importKey('pkcs8', der, P256, false, ['sign']);
}
