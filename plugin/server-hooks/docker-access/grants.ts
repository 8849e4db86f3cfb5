import { problem } from '../../../protocol/problems.js';
import type { Clock } from '../../../protocol/time/clock.js';
import type { Principal } from '../host.js';
import { type DockerAccess, isAccessExpired } from '../model/docker-access.js';
import type { Store } from '../store/store.js';
import type { CertificateClaim } from './client-uri.js';

export interface DockerGrantsOptions {
  readonly store: Pick<Store, 'environment' | 'watch'>;
  readonly clock: Clock;
}

/** What the holder of a certificate may use. */
export interface DockerGrant {
  readonly principal: Principal & { readonly environmentId: number; readonly ended: AbortSignal };
  readonly node: string | null;
}

interface LiveGrant {
  readonly environmentId: number;
  readonly expiresAtMs: number;
  readonly ended: AbortController;
}

/** Of an access's id in the name of its calls' caller: names need not be unique. */
const NAMED_DIGITS = 8;
/** Interval of checks for expired accesses with open calls, ms. */
const SWEEP_MS = 500;

/**
 * Admits certificates by the access that they stand for, at each call. The calls that it admitted end when the access is
 * revoked or expires, or its environment is deleted.
 */
export class DockerGrants {
  readonly #options: DockerGrantsOptions;
  /** The accesses used so far whose calls may still be open, by id. */
  readonly #live = new Map<string, LiveGrant>();
  #stops: (() => void)[] = [];

  constructor(options: DockerGrantsOptions) {
    this.#options = options;
  }

  start(): void {
    if (this.#stops.length > 0) return;
    const { store, clock } = this.#options;
    this.#stops = [
      clock.every(SWEEP_MS, () => this.#endExpired()),
      store.watch((change) => {
        if (change.kind === 'environment' && change.before?.dockerAccess !== change.after?.dockerAccess)
          this.#endRevoked(change.id);
      }),
    ];
  }

  /** Safe to call twice. */
  stop(): void {
    for (const stop of this.#stops.splice(0)) stop();
    this.#live.clear();
  }

  /** @throws Problem `environment-not-found` (404), `docker-access-revoked`, `docker-access-expired` (401) */
  admit({ environmentId, accessId }: CertificateClaim): DockerGrant {
    const { store, clock } = this.#options;
    if (!store.environment(environmentId)) throw problem('environment-not-found');
    const access = this.#find(environmentId, accessId);
    if (!access) throw problem('docker-access-revoked');
    if (isAccessExpired(access, clock.now())) throw problem('docker-access-expired');
    const ended = () => this.#signalOf(environmentId, access);
    return {
      principal: {
        id: `docker-access:${access.name}#${access.id.slice(0, NAMED_DIGITS)}`,
        environmentId,
        via: 'bearer',
        get ended() {
          return ended();
        },
      },
      node: access.node,
    };
  }

  #find(environmentId: number, accessId: string): DockerAccess | undefined {
    const { dockerAccess = [] } = this.#options.store.environment(environmentId) ?? {};
    return dockerAccess.find(({ id }) => id === accessId);
  }

  #signalOf(environmentId: number, { id, expiresAt }: DockerAccess): AbortSignal {
    let live = this.#live.get(id);
    if (!live) {
      live = { environmentId, expiresAtMs: Date.parse(expiresAt), ended: new AbortController() };
      this.#live.set(id, live);
      this.#endRevoked(environmentId);
    }
    return live.ended.signal;
  }

  #endRevoked(environmentId: number): void {
    for (const [id, live] of this.#live) {
      if (live.environmentId === environmentId && !this.#find(environmentId, id)) this.#end(id, live);
    }
  }

  #endExpired(): void {
    const now = this.#options.clock.now();
    for (const [id, live] of this.#live) if (live.expiresAtMs <= now) this.#end(id, live);
  }

  #end(id: string, { ended }: LiveGrant): void {
    this.#live.delete(id);
    ended.abort();
  }
}
