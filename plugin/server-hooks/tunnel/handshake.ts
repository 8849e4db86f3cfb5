import http2, { type ClientHttp2Session } from 'node:http2';
import { releaseOnClose } from '../../../protocol/network/release-on-close.js';
import { codeOf, Problem, type ProblemCode, problem } from '../../../protocol/problems.js';
import type { Clock } from '../../../protocol/time/clock.js';
import { type TunnelProof, verifyProofMac } from '../../../protocol/tunnel/proof.js';
import { SESSION_LIMITS, TUNNEL } from '../../../protocol/tunnel/tunnel-settings.js';
import type { Logger } from '../host.js';
import type { Environment, Instance } from '../model/environment.js';
import type { BulkOffers } from './bulk/offers.js';
import type { Grant } from './credentials.js';
import type { RefusalLog } from './refusal-log.js';
import { requestProof } from './request-proof.js';
import { TunnelSession } from './session.js';
import type { IncomingTransport } from './transport/incoming.js';

export interface TunnelHandshakeOptions {
  readonly environment: (id: number) => AgentSecrets | undefined;
  /** Spends a token. @throws Problem `credential-…` (401) */
  readonly redeem: (token: string) => Grant;
  /** Attaches an admitted tunnel to its slot. @throws Problem `credential-revoked` (401) */
  readonly attach: (tunnel: TunnelSession) => void;
  /** A credential was presented twice or by the wrong agent: the admin should know. */
  readonly onMisuse: (environmentId: number, refusal: Problem) => void;
  readonly newId: () => string;
  /** For the tunnels' bulk connections. Default: there are none. */
  readonly offers?: BulkOffers;
  readonly refusals: RefusalLog;
  readonly clock: Clock;
  readonly logger: Logger;
}

type AgentSecrets = Pick<Environment, 'generation'> & {
  readonly instances: readonly Pick<Instance, 'id' | 'secret'>[];
};

const MISUSE = new Set<string>(['credential-replayed', 'credential-foreign'] satisfies ProblemCode[]);

/** Makes connections of agents their environments' tunnels, or ends them. */
export class TunnelHandshake {
  readonly #options: TunnelHandshakeOptions;
  /** The secret that the holder of a grant proved. */
  readonly #secrets = new WeakMap<Grant, string>();

  constructor(options: TunnelHandshakeOptions) {
    this.#options = options;
  }

  /**
   * HTTP/2 with the hub as client → the agent's proof → admission → registration. Any failure ends the connection, with
   * its code as the reason. Never rejects.
   */
  async run(transport: IncomingTransport): Promise<void> {
    const { clock, newId, offers } = this.#options;
    const session = this.#openSession(transport);
    try {
      const proof = await requestProof(session, transport.socket, clock);
      const grant = this.admit(proof);
      const { inactivityMs } = proof;
      const tunnel = new TunnelSession({
        id: newId(),
        grant,
        transport,
        http2: session,
        inactivityMs,
        clock,
        ...(offers && { offers }),
      });
      this.register(tunnel);
      transport.release();
      tunnel.start();
    } catch (error) {
      this.#fail(transport, session, codeOf(error));
    }
  }

  /**
   * Spends the proof's token. The token's record alone decides whose tunnel it is.
   * @throws Problem `credential-…` (401)
   */
  admit(proof: TunnelProof): Grant {
    const { environment, onMisuse } = this.#options;
    try {
      return this.#redeem(proof);
    } catch (error) {
      const id =
        error instanceof Problem && MISUSE.has(error.code) ? error.members?.environmentId : undefined;
      if (typeof id === 'number' && environment(id)) onMisuse(id, error as Problem);
      throw error;
    }
  }

  /**
   * Attaches an admitted tunnel. Checking the generation and attaching are synchronous, so no revocation falls in
   * between.
   * @throws Problem `credential-revoked` (401)
   */
  register(tunnel: TunnelSession): void {
    const { attach, logger } = this.#options;
    const { environmentId, generation, instanceId, nodeId, purpose } = tunnel.grant;
    const environment = this.#options.environment(environmentId);
    const instance = environment?.instances.find(({ id }) => id === instanceId);
    // Of cloned machines only the current one knows the secret.
    if (environment?.generation !== generation || instance?.secret !== this.#secrets.get(tunnel.grant)) {
      throw problem('credential-revoked');
    }
    attach(tunnel);
    const about = {
      environment: environmentId,
      tunnel: tunnel.id,
      ...(nodeId === null ? {} : { node: nodeId }),
    };
    const whose = purpose === 'node' ? 'node tunnel' : 'tunnel';
    logger.info({ ...about, path: tunnel.path }, `${whose} open`);
    tunnel.closed.addEventListener('abort', () =>
      logger.info({ ...about, code: tunnel.end }, `${whose} closed`),
    );
  }

  #openSession({ socket }: IncomingTransport): ClientHttp2Session {
    const { logger } = this.#options;
    const session = http2.connect('http://agent', {
      createConnection: () => socket,
      settings: { enablePush: false },
      ...SESSION_LIMITS,
    });
    releaseOnClose(session);
    session.on('error', (error) => logger.debug({ code: codeOf(error) }, 'tunnel session error'));
    session.on('stream', (stream) => stream.destroy());
    // Node stores every origin a server claims, for the life of the session. Deferred: the parser is still running.
    session.once('origin', () => setImmediate(() => socket.destroy()));
    return session;
  }

  #redeem(proof: TunnelProof): Grant {
    const grant = this.#options.redeem(proof.token);
    const { environmentId, instanceId } = grant;
    const instance = this.#options.environment(environmentId)?.instances.find(({ id }) => id === instanceId);
    const isHolder = environmentId === proof.environmentId && instanceId === proof.instanceId && instance;
    if (!isHolder || !verifyProofMac(Buffer.from(instance.secret, 'base64url'), proof)) {
      throw problem('credential-foreign', { members: { environmentId } });
    }
    this.#secrets.set(grant, instance.secret);
    return grant;
  }

  #fail({ wire, address }: IncomingTransport, session: ClientHttp2Session, code: string): void {
    const { clock, refusals } = this.#options;
    refusals.note(code, address);
    if (!session.destroyed && !session.closed) session.goaway(0, 0, Buffer.from(code));
    session.destroy();
    // A session that the peer closed first ends only its own side, and would wait for the peer without limit.
    wire.once(
      'close',
      clock.after(TUNNEL.goodbyeMs, () => wire.destroy()),
    );
  }
}
