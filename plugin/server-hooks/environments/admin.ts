import { problem } from '../../../protocol/problems.js';
import type { CheckIns } from '../agents/check-ins.js';
import { environmentNotFound, notAssociated } from '../live/availability.js';
import type { MachineClaims } from '../live/machine-claims.js';
import type { Presence } from '../live/presence.js';
import { endKeys, rotateKey } from '../model/edge-keys.js';
import type { Environment } from '../model/environment.js';
import { disassociate, moveInstance, revoke } from '../model/revocation.js';
import type { SnapshotFiles } from '../snapshots/files.js';
import type { SnapshotRequests } from '../snapshots/requests.js';
import type { Store, Update } from '../store/store.js';
import type { TunnelCredentials } from '../tunnel/credentials.js';
import type { TunnelRegistry } from '../tunnel/registry.js';
import {
  type DraftSources,
  draftEnvironment,
  type EnvironmentDraft,
  edgeKeyOf,
  type NewEnvironment,
  newJoinSecret,
} from './draft-environment.js';

export interface EnvironmentAdminOptions extends DraftSources {
  readonly store: Store;
  readonly registry: TunnelRegistry;
  readonly credentials: TunnelCredentials;
  readonly checkIns: CheckIns;
  readonly presence: Presence;
  readonly machines: MachineClaims;
  readonly snapshots: SnapshotFiles;
  readonly snapshotRequests: SnapshotRequests;
}

/** Only the answer that creates an Edge key contains it. */
export interface WithEdgeKey {
  readonly environment: Environment;
  readonly edgeKey: string;
}

const SECRET_BYTES = 32;

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

  /** For a transaction that stores it together with other records. */
  draft(wanted: NewEnvironment): EnvironmentDraft {
    return draftEnvironment(wanted, this.#options);
  }

  /** @throws Problem `name-taken` (409), `store-unwritable` (503) */
  async create(wanted: NewEnvironment): Promise<WithEdgeKey> {
    const draft = this.draft(wanted);
    const environment = await this.#options.store.create(draft.make);
    return { environment, edgeKey: draft.edgeKey(environment) };
  }

  /** @throws Problem `environment-not-found` (404), `name-taken` (409), `store-unwritable` (503) */
  async change(
    id: number,
    changes: Partial<Pick<Environment, 'name' | 'tags' | 'checkInSeconds'>>,
  ): Promise<Environment> {
    const environment = await this.#options.store.update(id, (current) => ({ ...current, ...changes }));
    this.#options.checkIns.wake(id);
    return environment;
  }

  /** Deletes an environment and ends all its grants. */
  async delete(id: number): Promise<void> {
    const { store, registry, credentials, checkIns, presence, snapshots, snapshotRequests } = this.#options;
    this.get(id);
    const stored = store.remove(id);
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
    const { clock, randomBytes, fingerprint } = this.#options;
    const { secret, secretHash } = newJoinSecret(randomBytes);
    const rotation = { secretHash, overlapSeconds, nowMs: clock.now(), addresses };
    // Before anything is stored: it rejects addresses that agents cannot parse.
    edgeKeyOf({ ...this.get(id), ...addresses }, secret, fingerprint);
    const environment = await this.#update(id, (current) => rotateKey(current, rotation));
    return { environment, edgeKey: edgeKeyOf(environment, secret, fingerprint) };
  }

  /**
   * Deletes an environment's expired keys, and revokes the grants of agents that enrolled with them.
   * @throws Problem `environment-not-found` (404), `store-unwritable` (503)
   */
  async endKeys(id: number, generations: readonly number[]): Promise<void> {
    await this.#update(id, (current) => endKeys(current, generations));
  }

  /** Forgets the Edge ID and bars it until the key is rotated; closes the tunnel immediately. */
  disassociate(id: number): Promise<Environment> {
    return this.#update(id, disassociate);
  }

  /** Ends tunnel, streams, credentials and waiting calls, first in memory, then on disk. */
  revoke(id: number): Promise<Environment> {
    return this.#update(id, revoke);
  }

  /**
   * Gives the instance to the clone that asked for it last, and locks out the machine that had it.
   * @throws Problem `environment-not-found` (404), `no-clone` (409), `store-unwritable` (503)
   */
  async acceptClone(id: number): Promise<Environment> {
    const { store, machines, presence, randomBytes } = this.#options;
    const chosen = machines.chosenRival(this.get(id));
    if (!chosen) {
      const detail = 'No clone of an agent’s machine has tried to enrol in the last five minutes';
      throw problem('no-clone', { detail });
    }
    const { instance, machine } = chosen;
    const secret = randomBytes(SECRET_BYTES).toString('base64url');
    const stored = store.update(id, (current) => moveInstance(current, instance.id, machine, secret));
    this.endGrants(id, instance.id);
    const environment = await stored;
    presence.clearRefusal(id);
    return environment;
  }

  /** Ends the tunnels of one instance and its held check-in. Credentials end with the instance's secret. */
  endGrants(id: number, instanceId: string): void {
    const { registry, checkIns } = this.#options;
    registry.revokeInstance(id, instanceId);
    checkIns.wake(id);
  }

  /** If the change raises the generation, its grants end in the same turn, before the write. */
  async #update(id: number, change: Update<Environment>): Promise<Environment> {
    const { store, registry, credentials, checkIns, snapshotRequests } = this.#options;
    const before = this.get(id);
    const stored = store.update(id, change);
    const after = store.environment(id) ?? before;
    if (after.generation > before.generation) {
      credentials.revoke(id);
      registry.revoke(id);
      checkIns.wake(id);
      if (after.instances.length === 0) snapshotRequests.refuse(id, notAssociated());
    }
    return stored;
  }
}
