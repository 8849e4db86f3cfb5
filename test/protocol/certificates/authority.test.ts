import { execFile } from 'node:child_process';
import { createPrivateKey, randomBytes, X509Certificate } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import {
  issueClientCertificate,
  makeAuthority,
  newSerialNumber,
  readCertificateRequest,
} from '../../../protocol/certificates/authority.js';
import { tempFolder } from '../../kit/temp-folder.js';

const run = promisify(execFile);
const HOUR_MS = 3_600_000;

/** A request as OpenSSL makes it. */
async function makeRequest(t: ExecutionContext, newKey: readonly string[]): Promise<string> {
  const folder = await tempFolder(t);
  const subject = '/CN=admin/O=everything';
  const extension = 'subjectAltName=URI:fairlead:environment/1';
  const out = ['-keyout', join(folder, 'key.pem'), '-out', join(folder, 'x.csr')];
  await run('openssl', ['req', '-new', '-nodes', ...newKey, '-subj', subject, '-addext', extension, ...out]);
  return readFile(join(folder, 'x.csr'), 'utf8');
}

const P256 = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];

test('client certificate: openssl accepts it for clients only, and its key is P-256', async (t) => {
  const authority = await makeAuthority(randomBytes);
  const now = Math.floor(Date.now() / 1000) * 1000;
  const serialNumber = newSerialNumber(randomBytes);
  const { certificate, key } = await issueClientCertificate(authority, {
    serialNumber,
    commonName: 'laptop of ann',
    uri: 'fairlead:environment/5',
    publicKey: null,
    now,
    expiresAtMs: now + HOUR_MS,
  });
  const parsed = new X509Certificate(certificate);
  t.is(parsed.subject, 'CN=laptop of ann');
  t.is(parsed.subjectAltName, 'URI:fairlead:environment/5');
  t.is(parsed.serialNumber.toLowerCase(), serialNumber);
  t.is(Date.parse(parsed.validTo), now + HOUR_MS);
  t.is(parsed.publicKey.asymmetricKeyDetails?.namedCurve, 'prime256v1');
  t.true(parsed.checkPrivateKey(createPrivateKey(key ?? '')));
  const folder = await tempFolder(t);
  await writeFile(join(folder, 'ca.pem'), authority.certificate);
  await writeFile(join(folder, 'cert.pem'), certificate);
  const verify = (purpose: string) =>
    run('openssl', [
      ...['verify', '-x509_strict', '-purpose', purpose, '-CAfile', join(folder, 'ca.pem')],
      join(folder, 'cert.pem'),
    ]);
  t.regex((await verify('sslclient')).stdout, /: OK\n/);
  await t.throwsAsync(verify('sslserver'));
});

test('client certificate: its subject is the name, whatever characters it has', async (t) => {
  const authority = await makeAuthority(randomBytes);
  const subjectOf = async (commonName: string) => {
    const { certificate } = await issueClientCertificate(authority, {
      serialNumber: newSerialNumber(randomBytes),
      commonName,
      uri: 'fairlead:environment/5',
      publicKey: null,
      now: Date.now(),
      expiresAtMs: Date.now() + HOUR_MS,
    });
    return new X509Certificate(certificate).toLegacyObject().subject.CN;
  };
  for (const name of ['#1 laptop', '#', '#0500', '"q"', 'a\\b', 'a,OU=b', 'a+b', ' a ', '😀'.repeat(32)])
    t.is(await subjectOf(name), name);
  const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 64 });
  await fc.assert(
    fc.asyncProperty(text, async (name) => (await subjectOf(name)) === name),
    { numRuns: 50 },
  );
});

test('client certificate: of a request only the key counts', async (t) => {
  const authority = await makeAuthority(randomBytes);
  const { certificate, key } = await issueClientCertificate(authority, {
    serialNumber: newSerialNumber(randomBytes),
    commonName: 'ann',
    uri: 'fairlead:environment/5',
    publicKey: await readCertificateRequest(await makeRequest(t, P256)),
    now: Date.now(),
    expiresAtMs: Date.now() + HOUR_MS,
  });
  t.is(key, null);
  const { subject, subjectAltName } = new X509Certificate(certificate);
  t.deepEqual([subject, subjectAltName], ['CN=ann', 'URI:fairlead:environment/5']);
});

test('certificate request: other keys, a wrong signature and other texts are refused', async (t) => {
  for (const newKey of [
    ['-newkey', 'rsa:2048'],
    ['-newkey', 'ed25519'],
    ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-384'],
  ]) {
    const request = await makeRequest(t, newKey);
    await t.throwsAsync(readCertificateRequest(request), { message: /not ECDSA P-256/ });
  }
  const [right, other] = [await makeRequest(t, P256), await makeRequest(t, P256)];
  const bytes = (pem: string) => Buffer.from(pem.replace(/-----[^-]+-----/g, ''), 'base64');
  const mixed = Buffer.concat([bytes(right).subarray(0, -40), bytes(other).subarray(-40)]);
  const pem = `-----BEGIN CERTIFICATE REQUEST-----\n${mixed.toString('base64')}\n-----END CERTIFICATE REQUEST-----\n`;
  await t.throwsAsync(readCertificateRequest(pem));
  const authority = await makeAuthority(randomBytes);
  for (const text of ['', 'x', '-----BEGIN CERTIFICATE REQUEST-----', authority.certificate, authority.key])
    await t.throwsAsync(readCertificateRequest(text), undefined, text.slice(0, 40));
});
