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
  /** Null: no manager of a Swarm has enrolled. */
  readonly swarm: EnvironmentSwarm | null;
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

/** Whether calls about a whole Swarm may go to an instance: there is no Swarm, or it serves a manager of it. */
export function servesSwarm(environment: Environment | undefined, instanceId: string): boolean {
  const instance = environment?.instances.find(({ id }) => id === instanceId);
  if (!environment || !instance) return false;
  return (environment.swarm === null && instance.node === null) || isManager(environment, instance);
}

/** Whether a key holds at `nowMs` (wall clock). */
export function keyHolds(key: EnvironmentKey, nowMs: number): boolean {
  return key.expiresAt === null || Date.parse(key.expiresAt) > nowMs;
}
