import type { CreateDockerAccess, DockerAccessCreated, EnvironmentView } from '../../plugin/api.js';
import type { Clock } from '../../protocol/time/clock.js';
import type { AccessRecords } from '../config/access-records.js';
import { makeCertificateRequest } from '../docker/certificate-request.js';
import { EXIT, Failure } from '../failure.js';
import { printable } from '../terminal/printable.js';
import type { HubClient } from './client.js';

/** What a client needs to use the Docker port; the certificates and the key are PEM. */
export interface DockerAccess {
  readonly id: string;
  readonly environmentId: number;
  /** `tcp://host:port`. */
  readonly host: string;
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
  /** RFC 3339. */
  readonly expiresAt: string;
}

export interface AccessRequest {
  /** What it is for: `context on workstation`. */
  readonly name: string;
  /** Id or name of a Swarm node. */
  readonly node?: string | undefined;
  /** Default: the hub's, 90 days. */
  readonly expiresAt?: Date;
}

const MAX_NAME = 64;

/** Creates and revokes accesses, and keeps a record of each until it is revoked. */
export class DockerAccesses {
  readonly #hub: HubClient;
  readonly #records: AccessRecords;
  readonly #clock: Clock;

  constructor(hub: HubClient, records: AccessRecords, clock: Clock) {
    this.#hub = hub;
    this.#records = records;
    this.#clock = clock;
  }

  async create(
    { id: environmentId }: Pick<EnvironmentView, 'id'>,
    { name, node, expiresAt }: AccessRequest,
  ): Promise<DockerAccess> {
    await this.#revokeExpired(environmentId);
    const { csr, key } = await makeCertificateRequest();
    const path = `/api/environments/${environmentId}/docker-access`;
    const request: CreateDockerAccess = {
      name: printable(name).slice(0, MAX_NAME),
      csr,
      ...(node === undefined ? {} : { node }),
      ...(expiresAt ? { expiresAt: expiresAt.toISOString() } : {}),
    };
    const { body } = await this.#hub.call<DockerAccessCreated>('POST', path, {
      body: request,
      mustFinish: true,
    });
    const { id, host, ca, certificate, expiresAt: endsAt } = body;
    await this.#records.add({ id, url: this.#hub.url, environmentId, host, expiresAt: endsAt });
    return { id, environmentId, host, ca, certificate, key, expiresAt: endsAt };
  }

  /** Ends an access and its open streams. Of one that no longer exists only the record is removed. */
  async revoke({ id, environmentId }: Pick<DockerAccess, 'id' | 'environmentId'>): Promise<void> {
    try {
      const path = `/api/environments/${environmentId}/docker-access/${encodeURIComponent(id)}`;
      await this.#hub.call('DELETE', path, { mustFinish: true });
    } catch (error) {
      if (!(error instanceof Failure) || error.exitCode !== EXIT.notFound) throw error;
    }
    await this.#records.remove(id);
  }

  /** The hub counts expired ones until they are revoked: those that killed processes left. */
  async #revokeExpired(environmentId: number): Promise<void> {
    for (const record of await this.#records.of(this.#hub.url)) {
      const isExpired = Date.parse(record.expiresAt) < this.#clock.now();
      if (isExpired && record.environmentId === environmentId) await this.revoke(record);
    }
  }
}
