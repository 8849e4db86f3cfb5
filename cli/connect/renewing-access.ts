import type { Duplex } from 'node:stream';
import type { Clock } from '../../protocol/time/clock.js';
import { dialDockerPort } from '../docker/dial-docker-port.js';
import type { DockerAccess, DockerAccesses } from '../hub/docker-access.js';

const DAY_MS = 24 * 60 * 60 * 1000;
/** Validity of a certificate: what a process that is killed leaves behind ends by then, and its key is gone with it. */
const ACCESS_MS = 7 * DAY_MS;
/** Renewed when less than this is left. */
const RENEW_MS = DAY_MS;

export interface AccessTarget {
  readonly environmentId: number;
  readonly node: string | undefined;
  /** As the hub lists it. */
  readonly name: string;
}

/** An access that is renewed before it expires. The former one stays: its connections last until its own expiry. */
export class RenewingAccess {
  readonly #accesses: DockerAccesses;
  readonly #target: AccessTarget;
  readonly #clock: Clock;
  readonly #made: DockerAccess[] = [];
  #creating: Promise<DockerAccess> | undefined;

  constructor(accesses: DockerAccesses, target: AccessTarget, clock: Clock) {
    this.#accesses = accesses;
    this.#target = target;
    this.#clock = clock;
  }

  /** Creates the first one. @throws Failure */
  async start(): Promise<void> {
    await this.#renew();
  }

  async dial(signal: AbortSignal): Promise<Duplex> {
    return dialDockerPort(await this.#get(signal), { clock: this.#clock, signal });
  }

  /** Revokes them, also one that is being created. No `dial` may follow. */
  async stop(): Promise<void> {
    await this.#creating?.catch(() => undefined);
    for (const access of this.#made.splice(0)) await this.#accesses.discard(access);
  }

  async #get(signal: AbortSignal): Promise<DockerAccess> {
    const current = this.#made.at(-1);
    const leftMs = current === undefined ? 0 : Date.parse(current.expiresAt) - this.#clock.now();
    if (current !== undefined && leftMs > RENEW_MS) return current;
    const renewal = this.#renew();
    if (current === undefined || leftMs <= 0) return orAborted(renewal, signal);
    // A connection does not wait for it. If it fails, the next one tries again.
    renewal.catch(() => undefined);
    return current;
  }

  #renew(): Promise<DockerAccess> {
    this.#creating ??= this.#create().finally(() => {
      this.#creating = undefined;
    });
    return this.#creating;
  }

  async #create(): Promise<DockerAccess> {
    const { environmentId: id, node, name } = this.#target;
    const expiresAt = new Date(this.#clock.now() + ACCESS_MS);
    const access = await this.#accesses.create({ id }, { name, node, expiresAt });
    this.#made.push(access);
    return access;
  }
}

function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
