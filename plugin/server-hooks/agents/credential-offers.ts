import { sealCredential } from '../../../protocol/crypto/credential.js';
import { deriveKey } from '../../../protocol/crypto/derived-keys.js';
import type { CheckInQuery, CheckInReply } from '../../../protocol/messages/agent-calls.js';
import { problem } from '../../../protocol/problems.js';
import type { LiveEnvironment } from '../live/environment.js';
import type { Environment, Instance } from '../model/environment.js';
import type { Grant, Holder } from '../tunnel/credentials.js';
import type { TunnelLease } from '../tunnel/slot.js';
import type { AuthenticatedAgent } from './authenticate-agent.js';

type Live = Pick<LiveEnvironment, 'id' | 'tunnels' | 'credentials'>;

/** The members of a check-in's answer that let its agent open tunnels. */
export type Offers = Pick<CheckInReply, 'credential' | 'nodeCredential'>;

type Purpose = Grant['purpose'];

const PURPOSES = ['environment', 'node'] as const;
/** A tunnel that is not open after this time gets a new credential, ms. */
const RETRY_MS = 3_000;

/** An agent that checks in. */
export interface Caller extends AuthenticatedAgent {
  readonly query: CheckInQuery;
  /** ETag of the state the agent has. */
  readonly etag: string | undefined;
}

/** Whether an answer now would carry a credential: for agents with a lease on a tunnel that a call waits for. */
export function offersAreDue(caller: Caller, live: Live): boolean {
  return PURPOSES.some((purpose) => leaseDue(caller, live, purpose) !== null);
}

/** Milliseconds until a recently issued credential may be followed by another; null: none was issued. */
export function offerRetryMs({ instance }: Caller, live: Live): number | null {
  // Without a slot there is no credential, and most environments have none.
  if (!live.tunnels.peek() && !live.tunnels.peek(instance.id)) return null;
  const { credentials } = live;
  const ages = PURPOSES.flatMap((purpose) => credentials.ageMs(holderOf(instance, purpose)) ?? []);
  const left = RETRY_MS - Math.min(...ages) + 1;
  return left > 0 ? left : null;
}

/**
 * Issues due credentials synchronously, bound to the current state. They are sealed afterwards.
 * @throws Problem `agent-unauthorized` (401) if the agent's key was deleted
 */
export function issueOffers(environment: Environment, caller: Caller, live: Live): Promise<Offers> | null {
  const [own, node] = PURPOSES.map((purpose) => {
    const lease = leaseDue(caller, live, purpose);
    return lease && seal(environment, caller.instance, live, purpose, lease);
  });
  if (!own && !node) return null;
  return Promise.all([own, node]).then(([credential, nodeCredential]) => ({
    ...(credential ? { credential } : {}),
    ...(nodeCredential ? { nodeCredential } : {}),
  }));
}

/** The lease on a required tunnel, unless a credential for it is in flight. */
function leaseDue(caller: Caller, live: Live, purpose: Purpose): TunnelLease | null {
  const { instance, etag, query } = caller;
  const slot = live.tunnels.peek(purpose === 'node' ? instance.id : undefined);
  if (slot?.state !== 'required') return null;
  // The leader's lease is by election; a node's own tunnel needs no election.
  const lease = purpose === 'node' ? slot.grant(instance.id) : slot.lease;
  if (lease?.instanceId !== instance.id) return null;
  const age = live.credentials.ageMs(holderOf(instance, purpose), lease.epoch);
  if (age === null || age >= RETRY_MS) return lease;
  // The answer with the last credential was lost: the agent has no state and is not opening a tunnel.
  const tunnel = purpose === 'node' ? (query.nodeTunnel ?? 'none') : query.tunnel;
  return etag === undefined && tunnel === 'none' ? lease : null;
}

function seal(
  environment: Environment,
  instance: Instance,
  { id, credentials }: Live,
  purpose: Purpose,
  { epoch }: TunnelLease,
): Promise<string> {
  const key = environment.keys.find(({ generation }) => generation === instance.keyGeneration);
  if (!key || environment.edgeId === null) {
    throw problem('agent-unauthorized');
  }
  const { token, grant } = credentials.issue({
    environmentId: id,
    ...holderOf(instance, purpose),
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

function holderOf(instance: Instance, purpose: Purpose): Holder {
  return { instanceId: instance.id, nodeId: instance.node?.nodeId ?? null, purpose };
}
