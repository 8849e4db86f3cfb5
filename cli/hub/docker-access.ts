import type { CreateDockerAccess, EnvironmentView } from '../../plugin/api.js';
import type { Clock } from '../../protocol/time/clock.js';
import type { AccessRecords } from '../config/access-records.js';
import { makeCertificateRequest } from '../docker/certificate-request.js';
import { EXIT, Failure } from '../failure.js';
import { printable } from '../terminal/printable.js';
import { ACCESS_FIELDS } from './access-fields.js';
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

/** An access, as far as it is needed to revoke it. */
type AccessId = Pick<DockerAccess, 'id' | 'environmentId'>;

export interface AccessRequest {
  /** What it is for: `context on workstation`. */
  readonly name: string;
  /** Id or name of a Swarm node. */
  readonly node?: string | undefined;
  /** Default: the hub's, 90 days. */
  readonly expiresAt?: Date;
}

export interface DockerAccessesOptions {
  readonly hub: HubClient;
  readonly records: AccessRecords;
  readonly clock: Clock;
  /** Writes a note to the user. */
  readonly note: (text: string) => void;
}

const MAX_NAME = 64;

/** Creates and revokes accesses, and keeps a record of each until it is revoked. */
export class DockerAccesses {
  readonly #options: DockerAccessesOptions;

  constructor(options: DockerAccessesOptions) {
    this.#options = options;
  }

  async create(
    { id: environmentId }: Pick<EnvironmentView, 'id'>,
    { name, node, expiresAt }: AccessRequest,
  ): Promise<DockerAccess> {
    const { hub, records } = this.#options;
    await this.#revokeExpired(environmentId);
    const { csr, key } = await makeCertificateRequest();
    const request: CreateDockerAccess = {
      name: printable(name).slice(0, MAX_NAME),
      csr,
      ...(node === undefined ? {} : { node }),
      ...(expiresAt ? { expiresAt: expiresAt.toISOString() } : {}),
    };
    const path = `/api/environments/${environmentId}/docker-access`;
    const { body } = await hub.call<unknown>('POST', path, { body: request, mustFinish: true });
    const { id, host, ca, certificate, expiresAt: endsAt } = Object(body) as Record<string, unknown>;
    if (!ACCESS_FIELDS.id(id)) throw invalidAnswer();
    return this.#orDiscard({ id, environmentId }, async () => {
      if (!ACCESS_FIELDS.host(host) || !ACCESS_FIELDS.time(endsAt)) throw invalidAnswer();
      if (!ACCESS_FIELDS.certificate(ca) || !ACCESS_FIELDS.certificate(certificate)) throw invalidAnswer();
      await records.add({ id, url: hub.url, environmentId, host, expiresAt: endsAt });
      return { id, environmentId, host, ca, certificate, key, expiresAt: endsAt };
    });
  }

  /** Creates an access and passes it on; it is revoked if that fails. */
  async createFor<T>(
    environment: Pick<EnvironmentView, 'id'>,
    request: AccessRequest,
    use: (access: DockerAccess) => Promise<T>,
  ): Promise<T> {
    const access = await this.create(environment, request);
    return this.#orDiscard(access, () => use(access));
  }

  /** Creates an access for the time of an action. */
  async during<T>(
    environment: Pick<EnvironmentView, 'id'>,
    request: AccessRequest,
    action: (access: DockerAccess) => Promise<T>,
  ): Promise<T> {
    const access = await this.create(environment, request);
    try {
      return await action(access);
    } finally {
      await this.discard(access);
    }
  }

  /** Ends an access and its open streams. Of one that no longer exists only the record is removed. */
  async revoke({ id, environmentId }: AccessId): Promise<void> {
    const { hub, records } = this.#options;
    try {
      const path = `/api/environments/${environmentId}/docker-access/${encodeURIComponent(id)}`;
      await hub.call('DELETE', path, { mustFinish: true });
    } catch (error) {
      if (!(error instanceof Failure) || error.exitCode !== EXIT.notFound) throw error;
    }
    await records.remove(id);
  }

  /** {@link revoke} for an access that is not used any more. A failure is noted: its record remains, and it expires. */
  async discard(access: AccessId): Promise<void> {
    await this.revoke(access).catch((error: Error) =>
      this.#options.note(`fairlead: the certificate was not revoked: ${error.message}`),
    );
  }

  async #orDiscard<T>(access: AccessId, action: () => Promise<T>): Promise<T> {
    try {
      return await action();
    } catch (error) {
      await this.discard(access);
      throw error;
    }
  }

  /** The hub counts expired ones until they are revoked: those that killed processes left. */
  async #revokeExpired(environmentId: number): Promise<void> {
    const { hub, records, clock } = this.#options;
    for (const record of await records.of(hub.url)) {
      const isExpired = Date.parse(record.expiresAt) < clock.now();
      if (isExpired && record.environmentId === environmentId) await this.discard(record);
    }
  }
}

function invalidAnswer(): Failure {
  return new Failure('The hub’s answer is not a valid Docker access', {
    nextStep: 'Check that the address is that of your hub, and that its version fits this command',
  });
}
