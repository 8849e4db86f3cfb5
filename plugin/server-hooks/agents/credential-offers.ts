import { sealCredential } from '../../../protocol/crypto/credential.js';
import { deriveKey } from '../../../protocol/crypto/derived-keys.js';
import type { CheckInReply } from '../../../protocol/messages/agent-calls.js';
import { problem } from '../../../protocol/problems.js';
import type { Environment, Instance } from '../model/environment.js';
import type { Grant, Holder, TunnelCredentials } from '../tunnel/credentials.js';
import type { TunnelRegistry } from '../tunnel/registry.js';
import type { TunnelLease } from '../tunnel/slot.js';
import type { CheckIn } from './check-in.js';

export interface CredentialOffersOptions {
  readonly registry: TunnelRegistry;
  readonly credentials: TunnelCredentials;
}

/** The members of a check-in's answer that let its agent open tunnels. */
export type Offers = Pick<CheckInReply, 'credential' | 'nodeCredential'>;

type Purpose = Grant['purpose'];

const PURPOSES = ['environment', 'node'] as const;
/** A tunnel that is not open after this time gets a new credential, ms. */
const RETRY_MS = 3_000;

/** The credentials sent with check-ins: for agents with a lease on a tunnel that a call waits for. */
export class CredentialOffers {
  readonly #options: CredentialOffersOptions;

  constructor(options: CredentialOffersOptions) {
    this.#options = options;
  }

  /** Whether an answer now would carry a credential. */
  isDue(checkIn: CheckIn): boolean {
    return PURPOSES.some((purpose) => this.#lease(checkIn, purpose) !== null);
  }

  /** Milliseconds until a recently issued credential may be followed by another; null: none was issued. */
  retryMs({ environment, instance }: CheckIn): number | null {
    const ages = PURPOSES.flatMap(
      (purpose) => this.#options.credentials.ageMs(holderOf(environment, instance, purpose)) ?? [],
    );
    const left = RETRY_MS - Math.min(...ages) + 1;
    return left > 0 ? left : null;
  }

  /**
   * Issues due credentials synchronously, bound to the current state. They are sealed afterwards.
   * @throws Problem `agent-unauthorized` (401) if the agent's key was deleted
   */
  issue(environment: Environment, checkIn: CheckIn): Promise<Offers> | null {
    const [own, node] = PURPOSES.map((purpose) => {
      const lease = this.#lease(checkIn, purpose);
      return lease && this.#seal(environment, checkIn.instance, purpose, lease);
    });
    if (!own && !node) return null;
    return Promise.all([own, node]).then(([credential, nodeCredential]) => ({
      ...(credential ? { credential } : {}),
      ...(nodeCredential ? { nodeCredential } : {}),
    }));
  }

  /** The lease on a required tunnel, unless a credential for it is in flight. */
  #lease({ environment, instance, etag, query }: CheckIn, purpose: Purpose): TunnelLease | null {
    const { registry, credentials } = this.#options;
    const slot = registry.peek(environment.id, purpose === 'node' ? instance.id : undefined);
    if (slot?.state !== 'required') return null;
    // The leader's lease is by election; a node's own tunnel needs no election.
    const lease = purpose === 'node' ? slot.grant(instance.id) : slot.lease;
    if (lease?.instanceId !== instance.id) return null;
    const age = credentials.ageMs(holderOf(environment, instance, purpose), lease.epoch);
    if (age === null || age >= RETRY_MS) return lease;
    // The answer with the last credential was lost: the agent has no state and is not opening a tunnel.
    const tunnel = purpose === 'node' ? (query.nodeTunnel ?? 'none') : query.tunnel;
    return etag === undefined && tunnel === 'none' ? lease : null;
  }

  #seal(
    environment: Environment,
    instance: Instance,
    purpose: Purpose,
    { epoch }: TunnelLease,
  ): Promise<string> {
    const key = environment.keys.find(({ generation }) => generation === instance.keyGeneration);
    if (!key || environment.edgeId === null) {
      throw problem('agent-unauthorized', { detail: 'The key this agent enrolled with was deleted' });
    }
    const { token, grant } = this.#options.credentials.issue({
      ...holderOf(environment, instance, purpose),
      generation: environment.generation,
      epoch,
    });
    return sealCredential(
      deriveKey(environment.edgeId, Buffer.from(key.secretHash, 'base64url'), 'credential'),
      `${environment.id}.${key.generation}`,
      {
        env: environment.id,
        instance: instance.id,
        node: grant.nodeId,
        generation: grant.generation,
        purpose,
        exp: grant.expiresAtMs,
        token,
      },
    );
  }
}

function holderOf(environment: Environment, instance: Instance, purpose: Purpose): Holder {
  return {
    environmentId: environment.id,
    instanceId: instance.id,
    nodeId: instance.node?.nodeId ?? null,
    purpose,
  };
}
