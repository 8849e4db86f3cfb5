import type { EnrolRequest } from '../../../protocol/messages/agent-calls.js';
import type { DockerAccess } from './docker-access.js';
import type { EnvironmentOrigin } from './webhook.js';

/** One key of an environment: the hub's half of an Edge key. */
export interface EnvironmentKey {
  /** Increments with each rotation; the `kid` of credentials contains it. */
  readonly generation: number;
  /** `S`, base64url of 32 bytes: equivalent to the secret, see docs/security.md. */
  readonly secretHash: string;
  /** RFC 3339; null: valid until rotated. */
  readonly expiresAt: string | null;
}

/** The machine of an instance. */
export interface Machine {
  /** Identifies a boot of its kernel; '': its agent cannot identify boots. */
  readonly boot: string;
  /** The previous boot. */
  readonly previous: string | null;
  /** Stored in its agent's data folder and reported after the next boot; an earlier clone has an older one. */
  readonly mark: string;
  /** Another machine has claimed the instance: an agent without the mark is rejected until an admin accepts it. */
  readonly isContested: boolean;
}

/** One installed agent: a data folder with an instance key. */
export interface Instance {
  /** UUID created by the agent. */
  readonly id: string;
  /** X25519 public key, JWK `x`. */
  readonly publicKey: string;
  /** Base64url of the 32-byte secret that signs its check-ins. */
  readonly secret: string;
  readonly keyGeneration: number;
  readonly engineId: string | null;
  readonly node: EnrolRequest['node'];
  readonly agentVersion: string;
  readonly platform: string;
  /** RFC 3339. */
  readonly enrolledAt: string;
  /**
   * Its engine is in another Swarm than the environment, or in none, while others still serve the environment's. Its
   * containers are reached at its last node; it gets no Swarm calls. Absent: false.
   */
  readonly isOutside?: boolean | undefined;
  /** Absent: its agent has never reported a boot. */
  readonly machine?: Machine | undefined;
}

/** The environment's Swarm. */
export interface EnvironmentSwarm {
  readonly id: string;
  /**
   * Ids of its manager nodes: the first that claimed to be one, and those that these report. Any agent with the Edge
   * key can claim to be a manager; the Swarm's secrets are for these only.
   */
  readonly managers: readonly string[];
}

/** A remote engine as stored. Records are replaced, never mutated. */
export interface Environment {
  /** Positive, never reused. */
  readonly id: number;
  readonly name: string;
  /** Null until the first agent with a valid key sets one. */
  readonly edgeId: string | null;
  /** Disassociated Edge IDs: barred until the key is rotated. */
  readonly barredEdgeIds: readonly string[];
  readonly tags: readonly string[];
  /** The addresses in its Edge key: the plugin's base URL and the tunnel's address. */
  readonly apiUrl: string;
  readonly tunnelAddress: string | null;
  /** Overrides the setting of the same name; null: the setting applies. Seconds. */
  readonly checkInSeconds: number | null;
  /** Raised to end everything granted before. */
  readonly generation: number;
  readonly keys: readonly EnvironmentKey[];
  readonly instances: readonly Instance[];
  /** Null: no manager of a Swarm has enrolled, or the authority has left its Swarm. */
  readonly swarm: EnvironmentSwarm | null;
  /**
   * Id of the instance that the environment follows when its engine changes its place; see {@link swarmAuthority}.
   * Null: none yet.
   */
  readonly swarmAuthority: string | null;
  /** RFC 3339. */
  readonly createdAt: string;
  readonly associatedAt: string | null;
  /** Null: created by an admin. */
  readonly origin: EnvironmentOrigin | null;
  /** Client certificates for the Docker port. Absent: none. */
  readonly dockerAccess?: readonly DockerAccess[] | undefined;
}

/** Whether an instance serves a known manager of the environment's Swarm. */
export function isManager({ swarm }: Environment, { node }: Instance): boolean {
  return node?.role === 'manager' && swarm?.managers.includes(node.nodeId) === true;
}

/**
 * The instance that decides which Swarm the environment is. Trust belongs to the instance, not to the current role of
 * its engine. Undefined: the first manager that enrols is made the authority.
 */
export function swarmAuthority(environment: Environment): Instance | undefined {
  const { instances, swarmAuthority: id } = environment;
  return instances.find((one) => one.id === id) ?? instances.find((one) => isManager(environment, one));
}

/**
 * Whether an instance serves an environment without a known Swarm: the authority does, wherever its engine is, and
 * without one any engine outside a Swarm. Its engine answers Swarm calls by itself.
 */
export function isStandalone(environment: Environment, instance: Instance): boolean {
  if (environment.swarm !== null) return false;
  return (swarmAuthority(environment) ?? (instance.node === null ? instance : null)) === instance;
}

/** Whether Swarm-wide calls may go to an instance: no Swarm is known, or it serves a manager of the Swarm. */
export function servesSwarm(environment: Environment | undefined, instanceId: string): boolean {
  const instance = environment?.instances.find(({ id }) => id === instanceId);
  if (!environment || !instance) return false;
  return isStandalone(environment, instance) || isManager(environment, instance);
}

/** Whether a key is valid at `nowMs` (wall clock). */
export function isKeyValid(key: EnvironmentKey, nowMs: number): boolean {
  return key.expiresAt === null || Date.parse(key.expiresAt) > nowMs;
}
