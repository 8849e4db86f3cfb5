import { Problem, type ProblemCode, problem } from '../../../protocol/problems.js';
import { type TunnelProof, verifyProofMac } from '../../../protocol/tunnel/proof.js';
import type { Logger } from '../host.js';
import type { LiveEnvironments } from '../live/environments.js';
import type { Store } from '../store/store.js';
import type { Grant } from '../tunnel/credentials.js';
import type { TunnelSession } from '../tunnel/session.js';

export interface TunnelAdmissionOptions {
  readonly store: Pick<Store, 'environment'>;
  readonly live: Pick<LiveEnvironments, 'of' | 'tokens'>;
  readonly logger: Logger;
}

/** Credentials presented by the wrong agent or twice are shown to the admin. */
const REPORTED = new Set<string>(['credential-replayed', 'credential-foreign'] satisfies ProblemCode[]);

/** Decides which connections may serve as an environment's tunnel. */
export class TunnelAdmission {
  readonly #options: TunnelAdmissionOptions;
  /** The secret that the holder of a grant proved. */
  readonly #secrets = new WeakMap<Grant, string>();

  constructor(options: TunnelAdmissionOptions) {
    this.#options = options;
  }

  /**
   * Spends the proof's token. The token's record alone decides whose tunnel it is.
   * @throws Problem `credential-…` (401)
   */
  admit(proof: TunnelProof): Grant {
    try {
      return this.#redeem(proof);
    } catch (error) {
      this.#report(error);
      throw error;
    }
  }

  /**
   * Attaches an admitted tunnel to its slot. Checking the generation and attaching are synchronous, so no revocation
   * falls in between.
   * @throws Problem `credential-revoked` (401)
   */
  register(tunnel: TunnelSession): void {
    const { store, live, logger } = this.#options;
    const { environmentId, generation, nodeId, purpose } = tunnel.grant;
    const environment = store.environment(environmentId);
    const instance = environment?.instances.find(({ id }) => id === tunnel.grant.instanceId);
    // Of cloned machines only the current one knows the secret.
    if (environment?.generation !== generation || instance?.secret !== this.#secrets.get(tunnel.grant)) {
      throw problem('credential-revoked');
    }
    live.of(environmentId).tunnels.slotOf(tunnel.grant).attach(tunnel);
    const about = {
      environment: environmentId,
      tunnel: tunnel.id,
      ...(nodeId === null ? {} : { node: nodeId }),
    };
    const whose = purpose === 'node' ? 'node tunnel' : 'tunnel';
    logger.info(about, `${whose} open`);
    tunnel.closed.addEventListener('abort', () =>
      logger.info({ ...about, code: tunnel.end }, `${whose} closed`),
    );
  }

  #redeem(proof: TunnelProof): Grant {
    const { store, live } = this.#options;
    const grant = live.tokens.redeem(proof.token);
    const { environmentId, instanceId } = grant;
    const instance = store.environment(environmentId)?.instances.find(({ id }) => id === instanceId);
    const isHolder = environmentId === proof.environmentId && instanceId === proof.instanceId && instance;
    if (!isHolder || !verifyProofMac(Buffer.from(instance.secret, 'base64url'), proof)) {
      throw problem('credential-foreign', {
        members: { environmentId },
      });
    }
    this.#secrets.set(grant, instance.secret);
    return grant;
  }

  #report(error: unknown): void {
    if (!(error instanceof Problem) || !REPORTED.has(error.code)) return;
    const { store, live } = this.#options;
    const id = error.members?.environmentId;
    if (typeof id === 'number' && store.environment(id)) live.of(id).presence.refused(error);
  }
}
