import { hashJoinSecret } from '../../../protocol/crypto/derived-keys.js';
import { encodeEdgeKey, splitHostPort } from '../../../protocol/crypto/edge-key.js';
import type { Clock } from '../../../protocol/time/clock.js';
import type { Environment } from '../model/environment.js';
import type { EnvironmentOrigin } from '../model/webhook.js';

/** Input for a new environment, defaults applied. */
export interface NewEnvironment {
  readonly name: string;
  readonly apiUrl: string;
  readonly tunnelAddress: string | null;
  /** Undefined: a random UUID; null: the first agent's. */
  readonly edgeId: string | null | undefined;
  readonly tags: readonly string[];
  readonly checkInSeconds: number | null;
  /** Default: null, created by an admin. */
  readonly origin?: EnvironmentOrigin | null;
}

export interface DraftSources {
  readonly clock: Clock;
  readonly randomBytes: (size: number) => Buffer;
  readonly newUuid: () => string;
  /** Pinned by Edge keys; see `protocol/crypto/fingerprint.ts`. */
  readonly fingerprint: string;
}

/** A new environment that is not stored yet. */
export interface EnvironmentDraft {
  make(id: number): Environment;
  edgeKey(environment: Environment): string;
}

const SECRET_BYTES = 32;

/** @throws Problem for addresses that agents cannot parse */
export function draftEnvironment(wanted: NewEnvironment, sources: DraftSources): EnvironmentDraft {
  const { clock, newUuid, fingerprint } = sources;
  const { secret, secretHash } = newJoinSecret(sources.randomBytes);
  const edgeId = wanted.edgeId === undefined ? newUuid() : wanted.edgeId;
  const createdAt = new Date(clock.now()).toISOString();
  const edgeKey = (environment: EdgeKeyFields) => edgeKeyOf(environment, secret, fingerprint);
  edgeKey({ id: 1, ...wanted });
  return {
    edgeKey,
    make: (id) => ({
      id,
      name: wanted.name,
      edgeId,
      barredEdgeIds: [],
      tags: wanted.tags,
      apiUrl: wanted.apiUrl,
      tunnelAddress: wanted.tunnelAddress,
      checkInSeconds: wanted.checkInSeconds,
      generation: 1,
      keys: [{ generation: 1, secretHash, expiresAt: null }],
      instances: [],
      swarm: null,
      swarmAuthority: null,
      createdAt,
      associatedAt: null,
      origin: wanted.origin ?? null,
    }),
  };
}

/** The secret of a new Edge key, and the hub's half of it. */
export function newJoinSecret(randomBytes: (size: number) => Buffer): { secret: string; secretHash: string } {
  const secret = randomBytes(SECRET_BYTES).toString('base64url');
  return { secret, secretHash: hashJoinSecret(secret).toString('base64url') };
}

type EdgeKeyFields = Pick<Environment, 'id' | 'apiUrl' | 'tunnelAddress'>;

/** @throws Problem for addresses that agents cannot parse */
export function edgeKeyOf(
  { id, apiUrl, tunnelAddress }: EdgeKeyFields,
  secret: string,
  fingerprint: string,
): string {
  if (tunnelAddress !== null) splitHostPort(tunnelAddress);
  return encodeEdgeKey({ apiUrl, tunnelAddress, fingerprint, environmentId: id, secret });
}
