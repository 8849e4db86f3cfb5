import { newSerialNumber, readCertificateRequest } from '../../../protocol/certificates/authority.js';
import { problem } from '../../../protocol/problems.js';
import type { Clock } from '../../../protocol/time/clock.js';
import type { Logger } from '../host.js';
import type { DockerAccess } from '../model/docker-access.js';
import type { Store } from '../store/store.js';
import type { DockerAuthority } from './authority.js';
import { clientUri } from './client-uri.js';

export interface DockerAccessAdminOptions {
  readonly store: Pick<Store, 'environment' | 'update'>;
  /** Null: the Docker port is off. */
  readonly authority: Pick<DockerAuthority, 'issue' | 'refresh'> | null;
  readonly clock: Clock;
  readonly randomBytes: (size: number) => Buffer;
  readonly logger: Logger;
}

export interface NewDockerAccess extends Pick<DockerAccess, 'name' | 'node' | 'address' | 'createdBy'> {
  /** RFC 3339; null: in 90 days. */
  readonly expiresAt: string | null;
  /** PKCS #10, PEM; null: the hub creates the key. */
  readonly csr: string | null;
}

/** Of one environment. Each call looks through them. */
const MAX_ACCESSES = 100;
const DAY_MS = 24 * 60 * 60 * 1000;
const DEFAULT_DAYS = 90;
const MAX_DAYS = 366;
/** How long an expired one is listed, and counted: long enough that an admin can see why a client stopped. */
const KEPT_MS = 7 * DAY_MS;

/** Creates and revokes accesses of the Docker port. Those that there are can also be revoked while it is off. */
export class DockerAccessAdmin {
  readonly #options: DockerAccessAdminOptions;

  constructor(options: DockerAccessAdminOptions) {
    this.#options = options;
  }

  /**
   * Issues a certificate and stores its access. Only this result has the key that the hub created.
   * @throws Problem `bad-request`, `csr-invalid` (400), `environment-not-found` (404), `docker-port-off`,
   *   `too-many-accesses` (409); the store's
   */
  async create(
    environmentId: number,
    { name, node, address, createdBy, expiresAt, csr }: NewDockerAccess,
  ): Promise<{ readonly access: DockerAccess; readonly key: string | null }> {
    const { store, authority, clock, randomBytes } = this.#options;
    if (!authority) throw problem('docker-port-off');
    const now = clock.now();
    const expiresAtMs = expiryOf(expiresAt, now);
    const publicKey = csr === null ? null : await readRequest(csr);
    const id = newSerialNumber(randomBytes);
    const { certificate, key } = await authority.issue({
      serialNumber: id,
      commonName: name,
      uri: clientUri(environmentId, node),
      publicKey,
      now,
      expiresAtMs,
    });
    const access: DockerAccess = {
      id,
      name,
      node,
      address,
      certificate,
      createdAt: new Date(now).toISOString(),
      expiresAt: new Date(expiresAtMs).toISOString(),
      createdBy,
    };
    await store.update(environmentId, (current) => {
      const { dockerAccess: all = [] } = current;
      const dockerAccess = all.filter((one) => Date.parse(one.expiresAt) > now - KEPT_MS);
      if (dockerAccess.length >= MAX_ACCESSES) throw problem('too-many-accesses');
      return { ...current, dockerAccess: [...dockerAccess, access] };
    });
    this.#log('a Docker access was created', createdBy, environmentId, access);
    // Its address may be new to the port's certificate.
    await authority.refresh();
    return { access, key };
  }

  /** All of an environment, expired ones included, so that an admin can see why a client stopped. */
  list(environmentId: number): readonly DockerAccess[] {
    return this.#options.store.environment(environmentId)?.dockerAccess ?? [];
  }

  /** @throws Problem `docker-access-not-found` (404) */
  get(environmentId: number, id: string): DockerAccess {
    const access = this.list(environmentId).find((one) => one.id === id);
    if (!access) throw problem('docker-access-not-found');
    return access;
  }

  /**
   * @param principal `Principal.id` of the caller
   * @throws Problem `docker-access-not-found` (404); the store's
   */
  async revoke(environmentId: number, id: string, principal: string): Promise<void> {
    const access = this.get(environmentId, id);
    await this.#options.store.update(environmentId, (current) => {
      const { dockerAccess = [] } = current;
      return { ...current, dockerAccess: dockerAccess.filter((one) => one.id !== id) };
    });
    this.#log('a Docker access was revoked', principal, environmentId, access);
  }

  #log(
    message: string,
    principal: string,
    environment: number,
    { id, name, node, expiresAt }: DockerAccess,
  ): void {
    this.#options.logger.info({ principal, environment, access: id, name, node, expiresAt }, message);
  }
}

function expiryOf(text: string | null, now: number): number {
  // Certificates have no milliseconds.
  if (text === null) return Math.floor((now + DEFAULT_DAYS * DAY_MS) / 1000) * 1000;
  const ms = Math.floor(Date.parse(text) / 1000) * 1000;
  if (ms > now && ms <= now + MAX_DAYS * DAY_MS) return ms;
  throw problem('bad-request', { detail: 'expiresAt: must be in the future, and within a year' });
}

async function readRequest(csr: string) {
  try {
    return await readCertificateRequest(csr);
  } catch (cause) {
    throw problem('csr-invalid', { cause });
  }
}
