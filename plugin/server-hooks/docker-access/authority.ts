import { join } from 'node:path';
import {
  type ClientCertificate,
  issueClientCertificate,
  type KeyedCertificate,
} from '../../../protocol/certificates/authority.js';
import { issuedBy } from '../../../protocol/certificates/issued-by.js';
import {
  ownAuthority,
  ownCertificate,
  type ServerCertificate,
} from '../../../protocol/certificates/own-certificate.js';
import { problem } from '../../../protocol/problems.js';
import type { Clock } from '../../../protocol/time/clock.js';
import type { Logger } from '../host.js';

export interface DockerAuthorityOptions {
  /** The plugin's data folder. */
  readonly dataDir: string;
  /** The names and addresses by which clients reach the Docker port. */
  readonly names: () => readonly string[];
  readonly clock: Clock;
  readonly randomBytes: (size: number) => Buffer;
  readonly logger: Logger;
}

/** The folder of the CA and of the port's own certificate. */
const FOLDER = 'docker-port';
/** Interval of checks for a new name and the end of the port's certificate, ms. */
const REFRESH_MS = 60_000;

/** The CA of the Docker port: it signs the port's own certificate and its clients'. It is created once, never replaced. */
export class DockerAuthority {
  readonly #options: DockerAuthorityOptions;
  readonly #folder: string;
  #authority: KeyedCertificate | null = null;
  #isOwn: ((certificate: string) => boolean) | null = null;
  #server: ServerCertificate | null = null;
  #cancel: (() => void) | null = null;
  #isFailing = false;
  #onRenewal: (certificate: ServerCertificate) => void = () => undefined;

  constructor(options: DockerAuthorityOptions) {
    this.#options = options;
    this.#folder = join(options.dataDir, FOLDER);
  }

  /** @throws Problem `docker-ca-damaged`; file system errors */
  async start(): Promise<void> {
    if (this.#cancel) return;
    const { clock, randomBytes } = this.#options;
    this.#server = await this.#readServer(true).catch((cause: unknown) => {
      if (!(cause instanceof TypeError)) throw cause;
      throw problem('docker-ca-damaged', { detail: cause.message, cause });
    });
    this.#authority = await ownAuthority(this.#folder, randomBytes, false);
    this.#isOwn = issuedBy(this.#authority.certificate);
    this.#cancel = clock.every(REFRESH_MS, () => void this.refresh());
  }

  /** Safe to call twice. */
  stop(): void {
    this.#cancel?.();
    this.#cancel = null;
  }

  /** The CA, PEM: what clients trust, and what signed their certificates. */
  get ca(): string {
    return this.#started(this.#authority).certificate;
  }

  /** The certificate that the port presents. */
  get server(): ServerCertificate {
    return this.#started(this.#server);
  }

  /** Calls `listener` with each new certificate of the port. */
  onRenewal(listener: (certificate: ServerCertificate) => void): void {
    this.#onRenewal = listener;
  }

  /** Whether the CA issued a certificate (PEM), by its key's identifier. */
  isOwn(certificate: string): boolean {
    return this.#started(this.#isOwn)(certificate);
  }

  /** Issues a client certificate. */
  issue(client: ClientCertificate): ReturnType<typeof issueClientCertificate> {
    return issueClientCertificate(this.#started(this.#authority), client);
  }

  /** Renews the port's certificate if it lacks a name or ends soon. Never rejects: the old one stays in use. */
  async refresh(): Promise<void> {
    const { logger } = this.#options;
    try {
      const next = await this.#readServer(false);
      this.#isFailing = false;
      if (next.cert === this.#server?.cert) return;
      this.#server = next;
      this.#onRenewal(next);
      logger.info({}, 'the Docker port has a new certificate');
    } catch (err) {
      if (!this.#isFailing) logger.warn({ err }, 'the certificate of the Docker port cannot be renewed');
      this.#isFailing = true;
    }
  }

  #readServer(isFirst: boolean): Promise<ServerCertificate> {
    const { names, clock, randomBytes } = this.#options;
    return ownCertificate(this.#folder, names(), clock.now(), randomBytes, isFirst);
  }

  #started<T>(value: T | null): T {
    if (value === null) throw new Error('the CA of the Docker port has not been started');
    return value;
  }
}
