import { problem } from '../../../protocol/problems.js';
import type { LiveEnvironments } from '../live/environments.js';
import { endKeys, rotateKey } from '../model/edge-keys.js';
import type { Environment } from '../model/environment.js';
import { disassociate, moveInstance, revoke } from '../model/revocation.js';
import type { SnapshotFiles } from '../snapshots/files.js';
import type { Store } from '../store/store.js';
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
  readonly live: Pick<LiveEnvironments, 'of'>;
  readonly snapshots: Pick<SnapshotFiles, 'delete'>;
}

/** Only the answer that creates an Edge key contains it. */
export interface WithEdgeKey {
  readonly environment: Environment;
  readonly edgeKey: string;
}

const SECRET_BYTES = 32;

/**
 * Admin operations on environments: each change is on disk before it is answered. What was granted ends earlier, with
 * the record: see {@link LiveEnvironments}.
 */
export class EnvironmentAdmin {
  readonly #options: EnvironmentAdminOptions;

  constructor(options: EnvironmentAdminOptions) {
    this.#options = options;
  }

  /** @throws Problem `environment-not-found` (404) */
  get(id: number): Environment {
    const environment = this.#options.store.environment(id);
    if (environment) return environment;
    throw problem('environment-not-found');
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
    const { store, live } = this.#options;
    const environment = await store.update(id, (current) => ({ ...current, ...changes }));
    live.of(id).wake();
    return environment;
  }

  /** Deletes an environment. `LiveEnvironments` follows the store and ends all that it granted, in the same turn. */
  async delete(id: number): Promise<void> {
    const { store, snapshots } = this.#options;
    this.get(id);
    await store.remove(id);
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
    const { store, clock, randomBytes, fingerprint } = this.#options;
    const { secret, secretHash } = newJoinSecret(randomBytes);
    const rotation = { secretHash, overlapSeconds, nowMs: clock.now(), addresses };
    // Before anything is stored: it rejects addresses that agents cannot parse.
    edgeKeyOf({ ...this.get(id), ...addresses }, secret, fingerprint);
    const environment = await store.update(id, (current) => rotateKey(current, rotation));
    return { environment, edgeKey: edgeKeyOf(environment, secret, fingerprint) };
  }

  /**
   * Deletes an environment's expired keys, and revokes the grants of agents that enrolled with them.
   * @param isRevoked those grants have been revoked before
   * @throws Problem `environment-not-found` (404), `store-unwritable` (503)
   */
  async endKeys(id: number, generations: readonly number[], isRevoked: boolean): Promise<void> {
    await this.#options.store.update(id, (current) => endKeys(current, generations, isRevoked));
  }

  /** Forgets the Edge ID and bars it until the key is rotated; closes the tunnel immediately. */
  disassociate(id: number): Promise<Environment> {
    return this.#options.store.update(id, disassociate);
  }

  /** Ends tunnel, streams, credentials and waiting calls, first in memory, then on disk. */
  revoke(id: number): Promise<Environment> {
    return this.#options.store.update(id, revoke);
  }

  /**
   * Gives the instance to the clone that asked for it last, and locks out the machine that had it.
   * @throws Problem `environment-not-found` (404), `no-clone` (409), `store-unwritable` (503)
   */
  async acceptClone(id: number): Promise<Environment> {
    const { store, live, randomBytes } = this.#options;
    const { machines, presence } = live.of(id);
    const chosen = machines.chosenRival(this.get(id).instances);
    if (!chosen) {
      const detail = 'No clone of an agent’s machine has tried to enrol in the last five minutes';
      throw problem('no-clone', { detail });
    }
    const { instance, machine } = chosen;
    const secret = randomBytes(SECRET_BYTES).toString('base64url');
    const stored = store.update(id, (current) => moveInstance(current, instance.id, machine, secret));
    live.of(id).revokeInstance(instance.id);
    const environment = await stored;
    presence.clearRefusal();
    return environment;
  }
}
