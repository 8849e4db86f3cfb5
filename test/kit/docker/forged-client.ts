import 'reflect-metadata';
import { randomBytes, webcrypto } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as x509 from '@peculiar/x509';
import {
  issueClientCertificate,
  type KeyedCertificate,
  makeAuthority,
  newSerialNumber,
} from '../../../protocol/certificates/authority.js';
import type { TestPlugin } from '../hub/plugin.js';
import type { PortClient } from './port-client.js';

const HOUR_MS = 3_600_000;

/** What a forged certificate says. */
export interface Forgery {
  readonly uri: string;
  /** Default: a new one. */
  readonly serialNumber?: string;
  /** Default: in an hour. */
  readonly expiresAtMs?: number;
}

/** Makes certificates for a hub's Docker port that no API call has created. Clients trust `ca`. */
export class Forger {
  readonly #hub: Pick<TestPlugin, 'dataDir'>;
  readonly #ca: string;

  constructor(hub: Pick<TestPlugin, 'dataDir'>, ca: string) {
    this.#hub = hub;
    this.#ca = ca;
  }

  /** Signed by the port's own CA. */
  async ofOwnAuthority(forgery: Forgery): Promise<PortClient> {
    return this.#issue(await this.#keyPair('ca'), forgery);
  }

  /** @param isNamesake its subject is that of the port's own CA */
  async ofForeignAuthority(forgery: Forgery, isNamesake = false): Promise<PortClient> {
    const { subject } = new x509.X509Certificate(this.#ca);
    const suffix = Buffer.from(subject.slice(-8), 'hex');
    const authority = await makeAuthority((size) => (isNamesake && size === 4 ? suffix : randomBytes(size)));
    if (isNamesake && new x509.X509Certificate(authority.certificate).subject !== subject)
      throw new Error('the name of a CA has changed');
    return this.#issue(authority, forgery);
  }

  async selfSigned({ uri, serialNumber = newSerialNumber(randomBytes) }: Forgery): Promise<PortClient> {
    const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
    const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
    const certificate = await x509.X509CertificateGenerator.createSelfSigned({
      serialNumber,
      name: 'CN=forged',
      keys,
      signingAlgorithm: algorithm,
      extensions: [new x509.SubjectAlternativeNameExtension([{ type: 'url', value: uri }])],
    });
    const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
    const key = x509.PemConverter.encode(pkcs8, 'PRIVATE KEY');
    return { ca: this.#ca, cert: certificate.toString('pem'), key };
  }

  /** The certificate that the port itself presents. */
  async ofServer(): Promise<PortClient> {
    const { certificate: cert, key } = await this.#keyPair('server');
    return { ca: this.#ca, cert, key };
  }

  async #keyPair(name: string): Promise<KeyedCertificate> {
    const text = await readFile(join(this.#hub.dataDir, 'docker-port', `${name}-key.pem`), 'utf8');
    const at = text.indexOf('-----BEGIN PRIVATE KEY-----');
    return { certificate: text.slice(0, at), key: text.slice(at) };
  }

  async #issue(authority: KeyedCertificate, forgery: Forgery): Promise<PortClient> {
    const now = Date.now() - HOUR_MS;
    const { certificate, key } = await issueClientCertificate(authority, {
      serialNumber: newSerialNumber(randomBytes),
      commonName: 'forged',
      publicKey: null,
      now,
      expiresAtMs: now + 2 * HOUR_MS,
      ...forgery,
    });
    return { ca: this.#ca, cert: certificate, key: key ?? '' };
  }
}
