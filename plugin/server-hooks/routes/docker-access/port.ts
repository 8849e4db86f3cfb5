import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { LISTEN_BACKLOG } from '../../../../protocol/network/listen-backlog.js';
import { TCP_KEEP_ALIVE_MS } from '../../../../protocol/network/tcp-keep-alive.js';
import { codeOf, type ProblemCode } from '../../../../protocol/problems.js';
import type { Clock } from '../../../../protocol/time/clock.js';
import type { DockerAuthority } from '../../docker-access/authority.js';
import type { CertificateClaim } from '../../docker-access/client-uri.js';
import type { Logger } from '../../host.js';
import type { Part } from '../../lifecycle.js';
import { answerMalformed } from './answer-malformed.js';
import { ClientGate, type ClientGateOptions } from './client-gate.js';
import { HANDSHAKE_MS, tlsOptions } from './tls-options.js';

export interface DockerPortOptions {
  /** 0: any free one. */
  readonly port: number;
  readonly bind: string;
  /** File descriptor limit of the process. */
  readonly openFiles: number;
  readonly authority: Pick<DockerAuthority, 'ca' | 'server' | 'onRenewal'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** @throws Problem if the certificate gives no access now */
  readonly admit: ClientGateOptions['admit'];
  /** The caller has proved the key of a certificate that the CA signed. What it may do is not known yet. */
  readonly onRequest: (req: IncomingMessage, res: ServerResponse, claim: CertificateClaim) => void;
  readonly onUpgrade: (req: IncomingMessage, socket: Duplex, head: Buffer, claim: CertificateClaim) => void;
}

const HEADERS_MS = 60_000;
const KEEP_ALIVE_MS = 75_000;
/** As the host's: queries hold filters, X-Registry-Config the credentials of many registries. */
const MAX_HEADER_BYTES = 256 * 1024;
/** Until the next attempt to listen, ms. */
const RETRY_MS = 30_000;

/**
 * The Docker port: the engine's own API over TLS with client certificates, as `dockerd --tlsverify` serves it. The hub
 * runs without it while the port is not free.
 */
export class DockerPort implements Part {
  readonly #options: DockerPortOptions;
  #server: Server | null = null;
  #gate: ClientGate | null = null;
  #cancelRetry: (() => void) | null = null;
  #isFailing = false;
  #port: number;

  constructor(options: DockerPortOptions) {
    this.#options = options;
    this.#port = options.port;
  }

  /** The port that it listens on. */
  get port(): number {
    return this.#port;
  }

  /** Whether it waits for its port. */
  get isFailing(): boolean {
    return this.#isFailing;
  }

  /** Resolves after the first attempt to listen. */
  async start(): Promise<void> {
    if (this.#server || this.#cancelRetry) return;
    const { port, bind, authority, logger } = this.#options;
    const server = this.#makeServer();
    this.#server = server;
    authority.onRenewal(() => server.setSecureContext(tlsOptions(authority)));
    try {
      server.listen(port, bind, LISTEN_BACKLOG);
      await once(server, 'listening');
      server.on('error', (err) => logger.warn({ err, port }, 'the Docker port cannot accept a connection'));
      if (this.#server !== server) server.close();
      else if (this.#isFailing) logger.info({ port }, 'the Docker port listens');
      this.#port = (server.address() as AddressInfo | null)?.port ?? port;
      this.#isFailing = false;
    } catch (err) {
      if (this.#server === server) this.#retry(err);
    }
  }

  /** Accepts no more connections and calls. Current calls end with their tunnels, and their connections with them. Safe to call twice. */
  stop(): void {
    this.#cancelRetry?.();
    this.#cancelRetry = null;
    this.#isFailing = false;
    this.#gate?.close();
    this.#server?.close();
    this.#server = null;
  }

  #retry(err: unknown): void {
    const { port, clock, logger } = this.#options;
    this.#server = null;
    if (!this.#isFailing) {
      const code = 'docker-port-taken' satisfies ProblemCode;
      const text =
        'cannot listen on the port of dockerPort (FAIRLEAD_DOCKER_PORT): the hub runs without it and tries again every 30 s';
      logger.error({ code, port, err }, text);
    }
    this.#isFailing = true;
    this.#cancelRetry = clock.after(RETRY_MS, () => {
      this.#cancelRetry = null;
      void this.start();
    });
  }

  #makeServer(): Server {
    const { authority, clock, logger, openFiles, admit, onRequest, onUpgrade } = this.#options;
    const server = createServer({
      ...tlsOptions(authority),
      requestCert: true,
      // The gate answers others, with the reason: Node would only close the connection.
      rejectUnauthorized: false,
      ALPNProtocols: ['http/1.1'],
      handshakeTimeout: HANDSHAKE_MS,
      headersTimeout: HEADERS_MS,
      // Uploads take as long as they take.
      requestTimeout: 0,
      keepAliveTimeout: KEEP_ALIVE_MS,
      keepAlive: true,
      keepAliveInitialDelay: TCP_KEEP_ALIVE_MS,
      noDelay: true,
      maxHeaderSize: MAX_HEADER_BYTES,
    });
    const gate = new ClientGate({ server, clock, logger, openFiles, admit });
    this.#gate = gate;
    server.on('request', (req, res) => {
      const end = gate.begin(req.socket);
      if (!end) return void req.socket.destroy();
      res.once('close', end);
      onRequest(req, res, gate.claimOf(req.socket));
    });
    server.on('upgrade', (req: IncomingMessage, socket: Duplex, head: Buffer) => {
      // The HTTP parser removed its own listener; a reset must not end the process.
      socket.on('error', () => socket.destroy());
      if (!gate.begin(req.socket)) return void socket.destroy();
      // A client that has sent all its input still waits for the output: `echo x | docker exec -i`.
      socket.allowHalfOpen = true;
      onUpgrade(req, socket, head, gate.claimOf(req.socket));
    });
    server.on('clientError', (error, socket: Duplex) => {
      logger.debug({ code: codeOf(error) }, 'a connection to the Docker port failed');
      answerMalformed(error, socket, clock);
    });
    return server;
  }
}
