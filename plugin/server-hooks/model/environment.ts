import type { EnrolRequest } from '../../../protocol/agent-calls.js';
import type { EnvironmentOrigin } from './webhook.js';

/** One key of an environment: the hub's half of an Edge key. */
export interface EnvironmentKey {
  /** Counts up with each rotation; the `kid` of credentials names it. */
  readonly generation: number;
  /** `S`, base64url of 32 bytes: as good as the secret, see docs/security.md. */
  readonly secretHash: string;
  /** RFC 3339; null: holds until rotated. */
  readonly expiresAt: string | null;
}

/** The machine that an instance runs on. */
export interface Machine {
  /** What tells a boot of its kernel from every other; '': its agent cannot tell. */
  readonly boot: string;
  /** The boot before it. */
  readonly previous: string | null;
  /** What its agent keeps in its data folder and reports after the next boot; a clone made before has an older one. */
  readonly mark: string;
  /** Another machine with the same instance was met: an agent without the mark stays out until an admin chooses it. */
  readonly isContested: boolean;
}

/** One installed agent: a data folder with an instance key. */
export interface Instance {
  /** UUID the agent made. */
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
   * Its engine is in another Swarm than the environment, or in none, and others still serve the environment's. Its
   * containers are reached at its last node; Swarm calls are not for it. Absent: false.
   */
  readonly isOutside?: boolean | undefined;
  /** Absent: its agent has never reported a boot. */
  readonly machine?: Machine | undefined;
}

/** The Swarm an environment is. */
export interface EnvironmentSwarm {
  readonly id: string;
  /**
   * Ids of the nodes that are its managers: the first that claimed to be one, and those that these tell of. Any agent
   * with the Edge key can say that it is a manager; the Swarm's secrets are for these only.
   */
  readonly managers: readonly string[];
}

/** A remote engine as the store keeps it. Records are replaced, never changed in place. */
export interface Environment {
  /** Positive, never reused. */
  readonly id: number;
  readonly name: string;
  /** Null until the first agent with the right key brings one. */
  readonly edgeId: string | null;
  /** Edge IDs that were disassociated: barred until the key is rotated. */
  readonly barredEdgeIds: readonly string[];
  readonly tags: readonly string[];
  /** What its Edge key tells agents: the plugin's base URL and the tunnel's address. */
  readonly apiUrl: string;
  readonly tunnelAddress: string;
  /** Overrides the setting of the same name; null: the setting holds. Seconds. */
  readonly checkInSeconds: number | null;
  /** Raised by everything that must end what was granted before. */
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
  /** Null: an admin made it. */
  readonly origin: EnvironmentOrigin | null;
}

/** Whether an instance serves a node that is known to be a manager of the environment's Swarm. */
export function isManager({ swarm }: Environment, { node }: Instance): boolean {
  return node?.role === 'manager' && swarm?.managers.includes(node.nodeId) === true;
}

/**
 * The instance whose word decides which Swarm the environment is. Trust belongs to the instance, not to the role that
 * its engine has at the moment. Undefined: the first manager that enrols becomes the authority.
 */
export function swarmAuthority(environment: Environment): Instance | undefined {
  const { instances, swarmAuthority: id } = environment;
  return instances.find((one) => one.id === id) ?? instances.find((one) => isManager(environment, one));
}

/**
 * Whether an instance speaks for an environment of no known Swarm: the authority does, wherever its engine is, and
 * without one any engine outside of Swarms. What is asked of it about a Swarm its engine answers by itself.
 */
export function isStandalone(environment: Environment, instance: Instance): boolean {
  if (environment.swarm !== null) return false;
  return (swarmAuthority(environment) ?? (instance.node === null ? instance : null)) === instance;
}

/** Whether calls about a whole Swarm may go to an instance: no Swarm is known, or it serves a manager of the Swarm. */
export function servesSwarm(environment: Environment | undefined, instanceId: string): boolean {
  const instance = environment?.instances.find(({ id }) => id === instanceId);
  if (!environment || !instance) return false;
  return isStandalone(environment, instance) || isManager(environment, instance);
}

/** Whether a key holds at `nowMs` (wall clock). */
export function keyHolds(key: EnvironmentKey, nowMs: number): boolean {
  return key.expiresAt === null || Date.parse(key.expiresAt) > nowMs;
}
