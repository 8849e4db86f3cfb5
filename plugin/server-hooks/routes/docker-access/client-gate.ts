import type { Server } from 'node:https';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { paceHandshakes } from '../../../../protocol/network/pace-handshakes.js';
import { Problem, type ProblemCode, problem } from '../../../../protocol/problems.js';
import type { Clock } from '../../../../protocol/time/clock.js';
import { type CertificateClaim, readClaim } from '../../docker-access/client-uri.js';
import type { DockerGrant } from '../../docker-access/grants.js';
import type { Logger } from '../../host.js';
import { ClientConnections } from './client-connections.js';
import { endConnection } from './end-connection.js';
import { HANDSHAKE_MS } from './tls-options.js';
import { UnauthorizedConnections } from './unauthorized-connections.js';

export interface ClientGateOptions {
  /** Its requests pass through the gate. Nothing else may listen for `connection` or `secureConnection` before. */
  readonly server: Server;
  readonly clock: Clock;
  readonly logger: Logger;
  /** File descriptor limit of the process. */
  readonly openFiles: number;
  /** @throws Problem if the certificate gives no access now */
  readonly admit: (claim: CertificateClaim) => Pick<DockerGrant, 'principal'>;
}

/** At most one warning in this time, ms. */
const LOG_MS = 60_000;

/**
 * Lets only clients with a certificate of the port's CA and a current access speak HTTP. Others, whatever they send, get
 * one fixed answer that says why, and are limited in number and time.
 */
export class ClientGate {
  readonly #options: ClientGateOptions;
  readonly #unauthorized: UnauthorizedConnections;
  readonly #clients: ClientConnections;
  readonly #claims = new WeakMap<object, CertificateClaim>();
  readonly #endPending: () => void;
  #warnedMs = Number.NEGATIVE_INFINITY;

  constructor(options: ClientGateOptions) {
    this.#options = options;
    const { server, clock, openFiles } = options;
    const unauthorized = new UnauthorizedConnections(openFiles, (socket) => {
      this.#note({ code: 'too-many-handshakes' satisfies ProblemCode }, socket.remoteAddress);
      socket.destroy();
    });
    this.#unauthorized = unauthorized;
    this.#clients = new ClientConnections(openFiles, clock);
    // Listeners from before the pacing run when the handshake starts, later ones on accept.
    server.prependListener('connection', (tcp: Socket) => unauthorized.handshaking(tcp));
    this.#endPending = paceHandshakes(server, clock, HANDSHAKE_MS);
    server.on('connection', (tcp: Socket) => unauthorized.idle(tcp));
    const serve = server.listeners('secureConnection');
    server.removeAllListeners('secureConnection');
    server.on('secureConnection', (socket: TLSSocket) => {
      const refusal = this.#inspect(socket);
      if (refusal) this.#refuse(socket, refusal);
      else {
        unauthorized.authorized(socket);
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

  /** Begins a call on a connection that passed. @returns ends it; null: its access has ended, or the port has stopped */
  begin(socket: Socket): (() => void) | null {
    return this.#clients.begin(socket);
  }

  /** Closes all connections: those with a call when it ends. */
  close(): void {
    this.#endPending();
    this.#unauthorized.close();
    this.#clients.stop();
  }

  /** @returns why the client is refused; null: it passes */
  #inspect(socket: TLSSocket): Problem | null {
    const certificate = socket.getPeerX509Certificate();
    if (!certificate) return problem('docker-certificate-missing');
    if (!socket.authorized) {
      const hasExpired = String(socket.authorizationError) === 'CERT_HAS_EXPIRED';
      return problem(hasExpired ? 'docker-access-expired' : 'docker-certificate-invalid');
    }
    const claim = readClaim(certificate);
    if (!claim) return problem('docker-certificate-invalid');
    try {
      const { ended } = this.#options.admit(claim).principal;
      if (!this.#clients.enter(claim.accessId, socket, ended)) return problem('too-many-connections');
    } catch (error) {
      return error instanceof Problem ? error : problem('internal', { cause: error });
    }
    this.#claims.set(socket, claim);
    return null;
  }

  /** Answers the first bytes, whatever they are: an answer before them is no answer to an HTTP client. */
  #refuse(socket: TLSSocket, refusal: Problem): void {
    const { clock } = this.#options;
    this.#unauthorized.idle(socket);
    this.#note(refusal, socket.remoteAddress);
    const destroy = () => socket.destroy();
    socket.on('error', destroy);
    const cancel = clock.after(HANDSHAKE_MS, destroy);
    socket.once('close', cancel);
    socket.once('data', () => {
      cancel();
      endConnection(socket, clock, refusal);
    });
  }

  #note({ code }: Pick<Problem, 'code'>, address: string | undefined): void {
    const { clock, logger } = this.#options;
    const now = clock.monotonic();
    const isQuiet = now - this.#warnedMs < LOG_MS;
    if (!isQuiet) this.#warnedMs = now;
    logger[isQuiet ? 'debug' : 'warn']({ code, address }, 'a client of the Docker port was refused');
  }
}
