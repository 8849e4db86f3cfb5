import { X509Certificate } from 'node:crypto';
import type { Logger } from '../../plugin/server-hooks/host.js';
import type { ServerCertificate } from '../../protocol/certificates/own-certificate.js';
import type { ProblemCode } from '../../protocol/problems.js';
import type { Clock } from '../../protocol/time/clock.js';
import { certificateProblems } from './problems.js';

export interface CertificateKeeperOptions {
  /** Reads the certificate from disk; renews our own. */
  readonly read: () => Promise<ServerCertificate>;
  readonly clock: Pick<Clock, 'now'>;
  readonly logger: Logger;
  /** Called with each certificate that replaces {@link CertificateKeeper.current}. */
  readonly onChange: (certificate: ServerCertificate) => void;
}

/** The server's certificate while the host runs: the last usable one, and its problems. */
export class CertificateKeeper {
  readonly #options: CertificateKeeperOptions;
  #current: ServerCertificate;
  #isReadable = true;
  #problems: readonly ProblemCode[] = [];

  constructor(first: ServerCertificate, options: CertificateKeeperOptions) {
    this.#options = options;
    this.#current = first;
    this.#evaluate();
  }

  get current(): ServerCertificate {
    return this.#current;
  }

  /** Codes for `/healthz`. */
  get problems(): readonly ProblemCode[] {
    return this.#isReadable ? this.#problems : [...this.#problems, 'certificate-unreadable'];
  }

  /** Reads it again. An unusable certificate, such as a half-written pair, changes nothing. Never rejects. */
  async refresh(): Promise<void> {
    const { read, onChange, logger } = this.#options;
    try {
      const next = await read();
      if (!this.#isReadable) logger.info({}, 'the certificate can be read again');
      this.#isReadable = true;
      if (next.cert !== this.#current.cert || next.key !== this.#current.key) {
        onChange(next);
        this.#current = next;
        const { validFrom, validTo } = new X509Certificate(next.cert);
        logger.info({ validFrom, validTo }, 'a new certificate is in use');
      }
    } catch (error) {
      if (this.#isReadable) {
        logger.warn({ err: error }, 'the certificate cannot be read again; the last good one stays in use');
      }
      this.#isReadable = false;
    }
    this.#evaluate();
  }

  #evaluate(): void {
    const { clock, logger } = this.#options;
    const now = clock.now();
    const problems = certificateProblems(this.#current, now);
    for (const code of problems.filter((code) => !this.#problems.includes(code))) {
      logger.warn({ code, hubTime: new Date(now).toISOString(), ...this.#spans() }, MESSAGES[code] ?? code);
    }
    this.#problems = problems;
  }

  #spans(): Record<string, string> {
    const { cert, ca } = this.#current;
    const own = new X509Certificate(cert);
    const authority = ca === undefined ? null : new X509Certificate(ca);
    return {
      certificate: `${own.validFrom} to ${own.validTo}`,
      ...(authority === null ? {} : { ca: `${authority.validFrom} to ${authority.validTo}` }),
    };
  }
}

const MESSAGES: Readonly<Record<string, string>> = {
  'ca-not-valid': "the CA is not valid at this time; check the machine's clock first",
  'ca-ends-soon': 'the CA ends soon; make a new one and give it to all clients',
  'certificate-not-valid': "the certificate is not valid at this time; check the machine's clock first",
  'certificate-ends-soon': 'the certificate ends soon and has not been renewed',
};
