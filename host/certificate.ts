import { X509Certificate } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import { issueServerCertificate, type KeyedCertificate, makeAuthority } from './authority.js';
import { writeFileDurably } from './write-file-durably.js';

/** What the server presents, and the CA that clients need to know for it. All PEM. */
export interface ServerCertificate {
  /** The server's certificate, with its chain where there is one. */
  readonly cert: string;
  readonly key: string;
  /** Absent when the certificate was given without its root, as public ones are. */
  readonly ca?: string;
}

const DAY_MS = 24 * 60 * 60 * 1000;
const RENEW_BEFORE_MS = 30 * DAY_MS;

/**
 * Reads a certificate that someone else looks after. The last one in the file counts as CA if it is a root.
 * @throws {TypeError} that names both files when they are no PEM or do not belong together
 */
export async function readGivenCertificate(certFile: string, keyFile: string): Promise<ServerCertificate> {
  const [cert, key] = await Promise.all([readFile(certFile, 'utf8'), readFile(keyFile, 'utf8')]);
  const last = cert.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g)?.at(-1);
  try {
    createSecureContext({ cert, key });
  } catch (cause) {
    throw new TypeError(`${certFile} and ${keyFile} cannot be used together: ${String(cause)}`, { cause });
  }
  if (last === undefined) throw new TypeError(`${certFile} holds no PEM certificate`);
  const root = new X509Certificate(last);
  return root.checkIssued(root) ? { cert, key, ca: `${last}\n` } : { cert, key };
}

/**
 * Our own certificate from `folder`, made at the first call and made anew, by the same CA, when it nears its end or
 * lacks one of `names`. Clients trust the CA, so that they notice nothing.
 */
export async function ownCertificate(
  folder: string,
  names: readonly string[],
  now: number,
  randomBytes: (size: number) => Buffer,
): Promise<ServerCertificate> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  let authority = await readPair(folder, 'ca');
  if (authority === null || endsSoon(authority, now)) {
    authority = await makeAuthority(now, randomBytes);
    await writePair(folder, 'ca', authority);
  }
  let server = await readPair(folder, 'server');
  if (server === null || endsSoon(server, now) || !issuedBy(server, authority) || !covers(server, names)) {
    server = await issueServerCertificate(authority, names, now, randomBytes);
    await writePair(folder, 'server', server);
  }
  return { cert: server.certificate + authority.certificate, key: server.key, ca: authority.certificate };
}

function endsSoon({ certificate }: KeyedCertificate, now: number): boolean {
  return Date.parse(new X509Certificate(certificate).validTo) - RENEW_BEFORE_MS < now;
}

/** False when the CA had to be made anew. */
function issuedBy(server: KeyedCertificate, authority: KeyedCertificate): boolean {
  return new X509Certificate(server.certificate).verify(new X509Certificate(authority.certificate).publicKey);
}

/** Names that are no longer ours do no harm; an interface that comes and goes must not cost a renewal each time. */
function covers({ certificate }: KeyedCertificate, names: readonly string[]): boolean {
  const parsed = new X509Certificate(certificate);
  return names.every((name) => (isIP(name) ? parsed.checkIP(name) : parsed.checkHost(name)) !== undefined);
}

/** Certificate and key are one file, so that they can never be of two makings. */
async function readPair(folder: string, name: string): Promise<KeyedCertificate | null> {
  const text = await readFile(join(folder, `${name}-key.pem`), 'utf8').catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null;
      throw error;
    },
  );
  const [certificate, key] = text?.match(/-----BEGIN ([A-Z ]+)-----[^-]+-----END \1-----\n/g) ?? [];
  return certificate === undefined || key === undefined ? null : { certificate, key };
}

async function writePair(
  folder: string,
  name: string,
  { certificate, key }: KeyedCertificate,
): Promise<void> {
  await writeFileDurably(join(folder, `${name}-key.pem`), certificate + key);
  await writeFileDurably(join(folder, `${name}.pem`), certificate, 0o644);
}
