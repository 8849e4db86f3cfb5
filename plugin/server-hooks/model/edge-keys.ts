import { type Environment, isKeyValid } from './environment.js';
import { NO_AGENTS, revoke } from './revocation.js';

export interface KeyRotation {
  readonly secretHash: string;
  /** How long the old keys stay valid; 0: they and all that they granted end. */
  readonly overlapSeconds: number;
  /** Wall clock. */
  readonly nowMs: number;
  /** New addresses, if any. */
  readonly addresses: Partial<Pick<Environment, 'apiUrl' | 'tunnelAddress'>>;
}

/** Adds a key, and lifts the bars on Edge IDs. */
export function rotateKey(environment: Environment, rotation: KeyRotation): Environment {
  const { secretHash, overlapSeconds, nowMs, addresses } = rotation;
  const newest = Math.max(...environment.keys.map(({ generation }) => generation));
  const key = { generation: newest + 1, secretHash, expiresAt: null };
  const rotated = { ...environment, ...addresses, barredEdgeIds: [] };
  if (overlapSeconds === 0) return revoke({ ...rotated, ...NO_AGENTS, keys: [key] });
  const ends = new Date(nowMs + overlapSeconds * 1_000).toISOString();
  const kept = environment.keys
    .filter((old) => isKeyValid(old, nowMs))
    .map((old) => ({ ...old, expiresAt: earlier(old.expiresAt, ends) }));
  return { ...rotated, keys: [...kept, key] };
}

/**
 * Deletes keys and the agents that enrolled with them. Credentials are revoked only if there are such agents: the
 * others are not affected. The same object if it has none of the keys.
 * @param isRevoked the credentials have been revoked before
 */
export function endKeys(
  environment: Environment,
  generations: readonly number[],
  isRevoked = false,
): Environment {
  const keys = environment.keys.filter(({ generation }) => !generations.includes(generation));
  if (keys.length === environment.keys.length) return environment;
  const instances = environment.instances.filter(({ keyGeneration }) =>
    keys.some(({ generation }) => generation === keyGeneration),
  );
  const ended = { ...environment, keys, instances };
  return !isRevoked && instances.length < environment.instances.length ? revoke(ended) : ended;
}

function earlier(a: string | null, b: string): string {
  return a !== null && a < b ? a : b;
}
