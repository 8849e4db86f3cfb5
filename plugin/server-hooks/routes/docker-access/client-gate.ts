import type { Server } from 'node:https';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { ProblemCode } from '../../../../protocol/problems.js';
import { type HttpProblemCode, problem } from '../../../../protocol/problems.js';
import type { Clock } from '../../../../protocol/time/clock.js';
import { type CertificateClaim, readClaim } from '../../docker-access/client-uri.js';
import type { Logger } from '../../host.js';
import { FairPlaces } from '../../model/fair-places.js';
import { lastAnswer } from './answer-malformed.js';
import { HANDSHAKE_MS } from './tls-options.js';

export interface ClientGateOptions {
  /** Its requests pass through the gate. Nothing else may listen for `secureConnection` before. */
  readonly server: Server;
  readonly clock: Clock;
  readonly logger: Logger;
  /** File descriptor limit of the process: unauthorized connections get an eighth of it. */
  readonly openFiles: number;
}

const MAX_PLACES = 512;
/** The share of one network (a site behind one NAT is one). */
const NETWORK_SHARE = 1 / 8;
const DESCRIPTOR_SHARE = 1 / 8;
/** How long a refused client may take to read its answer, ms. */
const LINGER_MS = 1_000;
/** At most one warning in this time, ms. */
const LOG_MS = 60_000;

/**
 * Lets only clients with a certificate of the port's CA speak HTTP. Others, whatever they send, get one fixed answer that
 * says why, and are limited in number and time.
 */
export class ClientGate {
  readonly #options: ClientGateOptions;
  readonly #places: FairPlaces<Socket>;
  readonly #claims = new WeakMap<object, CertificateClaim>();
  /** By `address port`: a TLS socket and the raw one below it share these. */
  readonly #leave = new Map<string, () => void>();
  #warnedMs = Number.NEGATIVE_INFINITY;

  constructor(options: ClientGateOptions) {
    this.#options = options;
    const { server, openFiles } = options;
    const total = Math.max(8, Math.min(MAX_PLACES, Math.floor(openFiles * DESCRIPTOR_SHARE)));
    this.#places = new FairPlaces({
      total,
      perNetwork: Math.max(1, Math.floor(total * NETWORK_SHARE)),
      evict: (tcp) => {
        this.#note('too-many-handshakes', tcp.remoteAddress);
        tcp.destroy();
      },
    });
    const serve = server.listeners('secureConnection');
    server.removeAllListeners('secureConnection');
    server.on('connection', (tcp: Socket) => this.#connected(tcp));
    server.on('secureConnection', (socket: TLSSocket) => {
      const code = this.#inspect(socket);
      if (code !== null) this.#refuse(socket, code);
      else {
        this.#leave.get(peerKey(socket))?.();
        for (const one of serve) one.call(server, socket);
      }
    });
  }

  /** What the certificate of a connection that passed names. */
  claimOf(socket: object): CertificateClaim {
    const claim = this.#claims.get(socket);
    if (!claim) throw problem('docker-certificate-missing');
    return claim;
  }

  /** Closes the connections that have not passed. */
  close(): void {
    for (const tcp of this.#places) tcp.destroy();
  }

  #connected(tcp: Socket): void {
    const key = peerKey(tcp);
    const leavePlace = this.#places.enter(tcp.remoteAddress ?? '', tcp);
    const leave = () => {
      leavePlace();
      if (this.#leave.get(key) === leave) this.#leave.delete(key);
    };
    this.#leave.set(key, leave);
    tcp.once('close', leave);
  }

  /** @returns why the client is refused; null: it passes */
  #inspect(socket: TLSSocket): HttpProblemCode | null {
    const certificate = socket.getPeerX509Certificate();
    if (!certificate) return 'docker-certificate-missing';
    if (!socket.authorized) {
      const hasExpired = String(socket.authorizationError) === 'CERT_HAS_EXPIRED';
      return hasExpired ? 'docker-access-expired' : 'docker-certificate-invalid';
    }
    const claim = readClaim(certificate);
    if (!claim) return 'docker-certificate-invalid';
    this.#claims.set(socket, claim);
    return null;
  }

  /** Answers the first bytes, whatever they are: an answer before them is no answer to an HTTP client. */
  #refuse(socket: TLSSocket, code: HttpProblemCode): void {
    const { clock } = this.#options;
    this.#note(code, socket.remoteAddress);
    const destroy = () => socket.destroy();
    socket.on('error', destroy);
    let cancel = clock.after(HANDSHAKE_MS, destroy);
    socket.once('close', () => cancel());
    socket.once('data', () => {
      cancel();
      cancel = clock.after(LINGER_MS, destroy);
      socket.end(lastAnswer(problem(code)));
    });
  }

  #note(code: ProblemCode, address: string | undefined): void {
    const { clock, logger } = this.#options;
    const now = clock.monotonic();
    const isQuiet = now - this.#warnedMs < LOG_MS;
    if (!isQuiet) this.#warnedMs = now;
    logger[isQuiet ? 'debug' : 'warn']({ code, address }, 'a client of the Docker port was refused');
  }
}

function peerKey({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}
