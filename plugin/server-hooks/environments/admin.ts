import { hashJoinSecret } from '../../../protocol/crypto/derived-keys.js';
import { encodeEdgeKey, splitHostPort } from '../../../protocol/crypto/edge-key.js';
import { problem } from '../../../protocol/problems.js';
import type { Clock } from '../../../protocol/time/clock.js';
import type { CheckIns } from '../agents/check-ins.js';
import { environmentNotFound, notAssociated } from '../live/availability.js';
import type { MachineClaims } from '../live/machine-claims.js';
import type { Presence } from '../live/presence.js';
import { type Environment, type EnvironmentKey, isKeyValid } from '../model/environment.js';
import type { EnvironmentOrigin } from '../model/webhook.js';
import type { SnapshotFiles } from '../snapshots/files.js';
import type { SnapshotRequests } from '../snapshots/requests.js';
import type { Store } from '../store/store.js';
import type { TunnelCredentials } from '../tunnel/credentials.js';
import type { TunnelRegistry } from '../tunnel/registry.js';

export interface EnvironmentAdminOptions {
  readonly store: Store;
  readonly registry: TunnelRegistry;
  readonly credentials: TunnelCredentials;
  readonly checkIns: CheckIns;
  readonly presence: Presence;
  readonly machines: MachineClaims;
  readonly snapshots: SnapshotFiles;
  readonly snapshotRequests: SnapshotRequests;
  readonly clock: Clock;
  readonly randomBytes: (size: number) => Buffer;
  readonly newUuid: () => string;
  /** Pinned by Edge keys; see `protocol/crypto/fingerprint.ts`. */
  readonly fingerprint: string;
}

/** Input for a new environment, defaults applied. */
export interface NewEnvironment {
  readonly name: string;
  readonly apiUrl: string;
  readonly tunnelAddress: string;
  /** Undefined: a random UUID; null: the first agent's. */
  readonly edgeId: string | null | undefined;
  readonly tags: readonly string[];
  readonly checkInSeconds: number | null;
  /** Default: null, created by an admin. */
  readonly origin?: EnvironmentOrigin | null;
}

/** Only the answer that creates an Edge key contains it. */
export interface WithEdgeKey {
  readonly environment: Environment;
  readonly edgeKey: string;
}

const SECRET_BYTES = 32;
/** The next agent is trusted on first use. */
const NO_AGENTS = Object.freeze({ instances: [], swarm: null, swarmAuthority: null });

/** Admin operations on environments: each change is on disk before it is answered. */
export class EnvironmentAdmin {
  readonly #options: EnvironmentAdminOptions;

  constructor(options: EnvironmentAdminOptions) {
    this.#options = options;
  }

  /** @throws Problem `environment-not-found` (404) */
  get(id: number): Environment {
    const environment = this.#options.store.environment(id);
    if (environment) return environment;
    throw environmentNotFound();
  }

  /**
   * @param alongside stores related records in the same turn: both are stored or neither
   * @throws Problem `name-taken` (409), `store-unwritable` (503)
   */
  async create(
    wanted: NewEnvironment,
    alongside?: (environment: Environment) => Promise<void>,
  ): Promise<WithEdgeKey> {
    const { store, clock, newUuid } = this.#options;
    this.#requireFreeName(wanted.name, null);
    const id = store.nextEnvironmentId();
    const { key, secret } = this.#newKey(1);
    const environment: Environment = {
      id,
      name: wanted.name,
      edgeId: wanted.edgeId === undefined ? newUuid() : wanted.edgeId,
      barredEdgeIds: [],
      tags: wanted.tags,
      apiUrl: wanted.apiUrl,
      tunnelAddress: wanted.tunnelAddress,
      checkInSeconds: wanted.checkInSeconds,
      generation: 1,
      keys: [key],
      instances: [],
      swarm: null,
      swarmAuthority: null,
      createdAt: new Date(clock.now()).toISOString(),
      associatedAt: null,
      origin: wanted.origin ?? null,
    };
    // Before anything is stored: it rejects addresses that agents cannot parse.
    const edgeKey = this.#edgeKey(environment, secret);
    await Promise.all([store.putEnvironment(environment), alongside?.(environment)]);
    return { environment, edgeKey };
  }

  /** @throws Problem `environment-not-found` (404), `name-taken` (409), `store-unwritable` (503) */
  async change(
    id: number,
    changes: Partial<Pick<Environment, 'name' | 'tags' | 'checkInSeconds'>>,
  ): Promise<Environment> {
    const environment = { ...this.get(id), ...changes };
    this.#requireFreeName(environment.name, id);
    await this.#options.store.putEnvironment(environment);
    this.#options.checkIns.wake(id);
    return environment;
  }

  /** Deletes an environment and ends all its grants. */
  async delete(id: number): Promise<void> {
    const { store, registry, credentials, checkIns, presence, snapshots, snapshotRequests } = this.#options;
    this.get(id);
    const stored = store.deleteEnvironment(id);
    credentials.revoke(id);
    registry.remove(id);
    presence.forget(id);
    checkIns.wake(id);
    snapshotRequests.refuse(id, environmentNotFound());
    snapshotRequests.forget(id);
    await stored;
    await snapshots.delete(id);
  }

  /**
   * Creates a new Edge key, with new addresses if given. The old key stays valid for `overlapSeconds`; with 0 it and
   * all its grants end immediately.
   * @throws Problem `environment-not-found` (404), `store-unwritable` (503)
   */
  async rotateKey(
    id: number,
    overlapSeconds: number,
    addresses: Partial<Pick<Environment, 'apiUrl' | 'tunnelAddress'>> = {},
  ): Promise<WithEdgeKey> {
    const { store, clock } = this.#options;
    const now = clock.now();
    const before = this.get(id);
    const ends = new Date(now + overlapSeconds * 1_000).toISOString();
    const newest = Math.max(...before.keys.map(({ generation }) => generation));
    const { key, secret } = this.#newKey(newest + 1);
    const kept =
      overlapSeconds === 0
        ? []
        : before.keys
            .filter((old) => isKeyValid(old, now))
            .map((old) => ({ ...old, expiresAt: earlier(old.expiresAt, ends) }));
    const changes = { ...addresses, keys: [...kept, key], barredEdgeIds: [] };
    const edgeKey = this.#edgeKey({ ...before, ...addresses }, secret);
    if (overlapSeconds === 0) {
      return { environment: await this.revoke(id, { changes: { ...changes, ...NO_AGENTS } }), edgeKey };
    }
    const environment: Environment = { ...before, ...changes };
    await store.putEnvironment(environment);
    return { environment, edgeKey };
  }

  /**
   * Deletes an environment's expired keys, and revokes the grants of agents that enrolled with them.
   * @throws Problem `environment-not-found` (404), `store-unwritable` (503)
   */
  async endKeys(id: number, generations: readonly number[]): Promise<void> {
    const { store } = this.#options;
    const environment = this.get(id);
    const keys = environment.keys.filter(({ generation }) => !generations.includes(generation));
    if (keys.length === environment.keys.length) return;
    const instances = environment.instances.filter(({ keyGeneration }) =>
      keys.some(({ generation }) => generation === keyGeneration),
    );
    const changes = { keys, instances };
    // Agents with the new key are not affected.
    const isAnyRemoved = instances.length < environment.instances.length;
    if (isAnyRemoved) await this.revoke(id, { changes });
    else await store.putEnvironment({ ...environment, ...changes });
  }

  /** Forgets the Edge ID and bars it until the key is rotated; closes the tunnel immediately. */
  async disassociate(id: number): Promise<Environment> {
    const { edgeId, barredEdgeIds } = this.get(id);
    if (edgeId === null) {
      await this.#options.store.settled();
      return this.get(id);
    }
    const changes = { edgeId: null, associatedAt: null, barredEdgeIds: [...barredEdgeIds, edgeId] };
    return this.revoke(id, { changes: { ...changes, ...NO_AGENTS } });
  }

  /**
   * Gives the instance to the clone that asked for it last, and locks out the machine that had it.
   * @throws Problem `environment-not-found` (404), `no-clone` (409), `store-unwritable` (503)
   */
  async acceptClone(id: number): Promise<Environment> {
    const { store, machines, presence, randomBytes } = this.#options;
    const before = this.get(id);
    const chosen = machines.chosenRival(before);
    if (!chosen) {
      const message = 'No clone of an agent’s machine has tried to enrol in the last five minutes';
      throw problem('no-clone', { detail: message });
    }
    const { instance, machine } = chosen;
    const secret = randomBytes(SECRET_BYTES).toString('base64url');
    const instances = before.instances.map((one) => (one === instance ? { ...one, machine, secret } : one));
    const environment = { ...before, instances };
    const stored = store.putEnvironment(environment);
    this.endGrants(id, instance.id);
    await stored;
    presence.clearRefusal(id);
    return environment;
  }

  /** Ends the tunnels of one instance and its held check-in. Credentials end with the instance's secret. */
  endGrants(id: number, instanceId: string): void {
    const { registry, checkIns } = this.#options;
    registry.revokeInstance(id, instanceId);
    checkIns.wake(id);
  }

  /** Ends tunnel, streams, credentials and waiting calls, first in memory, then on disk. */
  async revoke(id: number, { changes = {} }: { changes?: Partial<Environment> } = {}): Promise<Environment> {
    const { store, registry, credentials, checkIns, snapshotRequests } = this.#options;
    const before = this.get(id);
    const environment: Environment = { ...before, ...changes, generation: before.generation + 1 };
    const stored = store.putEnvironment(environment);
    credentials.revoke(id);
    registry.revoke(id);
    checkIns.wake(id);
    if (environment.instances.length === 0) snapshotRequests.refuse(id, notAssociated());
    await stored;
    return environment;
  }

  #requireFreeName(name: string, ownId: number | null): void {
    const holder = this.#options.store.environmentByName(name);
    if (!holder || holder.id === ownId) return;
    // Do not say which: the caller may not be allowed to see it.
    throw problem('name-taken');
  }

  #newKey(generation: number): { key: EnvironmentKey; secret: string } {
    const secret = this.#options.randomBytes(SECRET_BYTES).toString('base64url');
    const secretHash = hashJoinSecret(secret).toString('base64url');
    return { secret, key: { generation, secretHash, expiresAt: null } };
  }

  #edgeKey({ id, apiUrl, tunnelAddress }: Environment, secret: string): string {
    splitHostPort(tunnelAddress);
    return encodeEdgeKey({
      apiUrl,
      tunnelAddress,
      fingerprint: this.#options.fingerprint,
      environmentId: id,
      secret,
    });
  }
}

function earlier(a: string | null, b: string): string {
  return a !== null && a < b ? a : b;
}
