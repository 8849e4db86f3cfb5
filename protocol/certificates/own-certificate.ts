import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { writeFileDurably } from '../disk/write-file-durably.js';
import { issueServerCertificate, type KeyedCertificate, makeAuthority } from './authority.js';

/** The server's certificate, and the CA that clients need to trust. All PEM. */
export interface ServerCertificate {
  /** The server's certificate, with its chain if there is one. */
  readonly cert: string;
  readonly key: string;
  /** Absent when the certificate was given without its root, as is usual for public ones. */
  readonly ca?: string;
}

const DAY_MS = 24 * 60 * 60 * 1000;
const RENEW_BEFORE_MS = 30 * DAY_MS;

/**
 * Our own certificate from `folder`. The first call creates it, and the CA that signs it. The certificate is renewed, by
 * the same CA, when it is not valid yet, nears its end or lacks one of `names`. Clients trust the CA, so a renewal does
 * not affect them. The CA is never replaced: `now` may be wrong, and every client would need the new one.
 * @param isFirst whether to create a missing CA. While the hub runs, its folder may be absent only temporarily
 * @throws {TypeError} when the CA is damaged or half missing, or missing and `isFirst` is false
 */
export async function ownCertificate(
  folder: string,
  names: readonly string[],
  now: number,
  randomBytes: (size: number) => Buffer,
  isFirst = true,
): Promise<ServerCertificate> {
  if (isFirst) await mkdir(folder, { recursive: true, mode: 0o700 });
  const authority = await ownAuthority(folder, randomBytes, isFirst);
  let server = await readPair(folder, 'server');
  if (server === null || !covers(server, names) || isDue(server, authority, now)) {
    server = await issueServerCertificate(authority, names, now, randomBytes);
    await writePair(folder, 'server', server);
  }
  return { cert: server.certificate + authority.certificate, key: server.key, ca: authority.certificate };
}

/**
 * Our own CA from `folder`, with its key. It is created if absent and `isFirst`, and never replaced.
 * @throws {TypeError} as {@link ownCertificate}
 */
export async function ownAuthority(
  folder: string,
  randomBytes: (size: number) => Buffer,
  isFirst: boolean,
): Promise<KeyedCertificate> {
  const [keyText, published] = await Promise.all([
    readOrNull(join(folder, 'ca-key.pem')),
    readOrNull(join(folder, 'ca.pem')),
  ]);
  if (keyText === null && published === null && isFirst) {
    const made = await makeAuthority(randomBytes);
    await writePair(folder, 'ca', made);
    return made;
  }
  const authority = keyText === null ? null : pairIn(keyText);
  if (authority === null || !isSelfSigned(authority)) {
    throw new TypeError(
      `${join(folder, 'ca-key.pem')} is ${keyText === null ? 'missing' : 'damaged'}; restore a backup, or remove ` +
        'ca-key.pem and ca.pem to make a new CA, which all clients then need',
    );
  }
  if (published === null) await writePair(folder, 'ca', authority);
  return authority;
}

function isSelfSigned({ certificate }: KeyedCertificate): boolean {
  const parsed = new X509Certificate(certificate);
  return parsed.verify(parsed.publicKey);
}

/** Whether a new certificate would last longer. A CA that is not valid at `now` suggests a wrong clock. */
function isDue(server: KeyedCertificate, authority: KeyedCertificate, now: number): boolean {
  const [own, issuer] = [new X509Certificate(server.certificate), new X509Certificate(authority.certificate)];
  if (!own.verify(issuer.publicKey)) return true;
  const [begins, ends] = [Date.parse(own.validFrom), Date.parse(own.validTo)];
  if (now < Date.parse(issuer.validFrom) || now > Date.parse(issuer.validTo)) return false;
  return now < begins || (now > ends - RENEW_BEFORE_MS && ends < Date.parse(issuer.validTo));
}

/** Outdated names do no harm; an unstable interface must not cause a renewal each time. */
function covers({ certificate }: KeyedCertificate, names: readonly string[]): boolean {
  const parsed = new X509Certificate(certificate);
  return names.every((name) => (isIP(name) ? parsed.checkIP(name) : parsed.checkHost(name)) !== undefined);
}

/** Certificate and key are in one file, so that they always match. */
async function readPair(folder: string, name: string): Promise<KeyedCertificate | null> {
  return pairIn((await readOrNull(join(folder, `${name}-key.pem`))) ?? '');
}

/** Null: the text is damaged, or its key is of another certificate. */
function pairIn(text: string): KeyedCertificate | null {
  const [certificate, key] = text.match(/-----BEGIN ([A-Z ]+)-----[^-]+-----END \1-----\n/g) ?? [];
  if (certificate === undefined || key === undefined) return null;
  try {
    const isPair = new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key));
    return isPair ? { certificate, key } : null;
  } catch {
    return null;
  }
}

async function readOrNull(path: string): Promise<string | null> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
}

async function writePair(
  folder: string,
  name: string,
  { certificate, key }: KeyedCertificate,
): Promise<void> {
  await writeFileDurably(join(folder, `${name}-key.pem`), certificate + key);
  await writeFileDurably(join(folder, `${name}.pem`), certificate, 0o644);
}
