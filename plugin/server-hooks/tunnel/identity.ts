// Must be loaded before @peculiar/x509, whose dependency injection needs it.
import 'reflect-metadata';
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  webcrypto,
} from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { X509CertificateGenerator } from '@peculiar/x509';
import { fingerprintOf } from '../../../protocol/crypto/fingerprint.js';
import { removeLeftovers, writeFileDurably } from '../../../protocol/disk/write-file-durably.js';
import { problem } from '../../../protocol/problems.js';
import type { Clock } from '../../../protocol/time/clock.js';

const KEY_FILE = 'tunnel-key.pem';
const HOUR_MS = 3_600_000;
const YEAR_MS = 365 * 24 * HOUR_MS;

/** The tunnel listener's key and certificate, PEM, and the fingerprint that agents pin. */
export interface TunnelIdentity {
  /** PKCS #8. */
  readonly key: string;
  /** Self-signed, valid for ten years, created at each start: agents pin the key and ignore the rest. */
  readonly certificate: string;
  /** See `protocol/crypto/fingerprint.ts`. */
  readonly fingerprint: string;
}

/**
 * Reads `tunnel-key.pem` (ECDSA P-256) from the data folder; creates it on the first call. Every issued Edge key names
 * this key, so an unreadable one is never replaced: that would lock out all agents.
 * @throws Problem `tunnel-key-damaged`; file system errors
 */
export async function loadTunnelIdentity(dataDir: string, clock: Clock): Promise<TunnelIdentity> {
  const path = join(dataDir, KEY_FILE);
  const key = (await readKey(path)) ?? (await makeKey(dataDir, path));
  const pem = key.export({ type: 'pkcs8', format: 'pem' }).toString();
  return Object.freeze({
    key: pem,
    certificate: await certify(key, clock.now()),
    fingerprint: fingerprintOf(createPublicKey(key)),
  });
}

async function readKey(path: string): Promise<KeyObject | null> {
  const pem = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (pem === null) return null;
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') throw new TypeError('the key is not on P-256');
    return key;
  } catch (cause) {
    throw problem('tunnel-key-damaged', {
      detail: `${path} does not hold an ECDSA P-256 private key in PEM`,
      cause,
    });
  }
}

async function makeKey(dataDir: string, path: string): Promise<KeyObject> {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  await removeLeftovers(dataDir, (name) => name === KEY_FILE);
  await writeFileDurably(path, privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
  return privateKey;
}

async function certify(key: KeyObject, now: number): Promise<string> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const spki = createPublicKey(key).export({ type: 'spki', format: 'der' });
  const pkcs8 = key.export({ type: 'pkcs8', format: 'der' });
  const certificate = await X509CertificateGenerator.createSelfSigned(
    {
      name: 'CN=fairlead-tunnel',
      serialNumber: '01',
      // An agent's clock may be behind.
      notBefore: new Date(now - 24 * HOUR_MS),
      notAfter: new Date(now + 10 * YEAR_MS),
      signingAlgorithm: algorithm,
      keys: {
        publicKey: await webcrypto.subtle.importKey('spki', spki, algorithm, true, ['verify']),
        privateKey: await webcrypto.subtle.importKey('pkcs8', pkcs8, algorithm, false, ['sign']),
      },
    },
    webcrypto,
  );
  return certificate.toString('pem');
}
