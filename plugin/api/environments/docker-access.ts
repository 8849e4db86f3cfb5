import * as z from 'zod';
import { printable } from '../printable.js';
import { time } from './view.js';

const node = printable(z.string().min(1).max(255));

/** `POST /environments/:id/docker-access`. */
export const createDockerAccess = z
  .object({
    name: printable(z.string().trim().min(1).max(64)).describe(
      'What the access is for, such as `laptop of ann`; the subject of its certificate.',
    ),
    expiresAt: z.iso
      .datetime({ offset: true })
      .exactOptional()
      .describe('Within a year. Default: in 90 days.'),
    node: node.exactOptional().describe('Id or name of a Swarm node. Default: the leader’s.'),
    csr: z
      .string()
      .max(8192)
      .exactOptional()
      .describe(
        'A certificate request (PKCS #10, PEM) for an ECDSA P-256 key; only its key is used. Default: the hub creates a key, and shows it once.',
      ),
  })
  .meta({ id: 'CreateDockerAccess' });

/** `format` of the calls that can answer with an archive. */
export const archiveQuery = z.object({
  format: z
    .enum(['json', 'tar'])
    .default('json')
    .describe('`tar`: an archive of `ca.pem`, `cert.pem` and, if the hub created it just now, `key.pem`.'),
});

/** An access to the Docker port. */
export const dockerAccessView = z
  .object({
    id: z.string().describe('The serial number of its certificate.'),
    name: z.string(),
    node: z.string().nullable().describe('The Swarm node; null: the leader.'),
    host: z.string().describe('For `DOCKER_HOST`.'),
    createdAt: time,
    expiresAt: time,
    createdBy: z.string().describe('Who created it, as the dashboard names its callers.'),
    problem: z
      .string()
      .nullable()
      .describe(
        'A code from docs/errors.md: `docker-access-expired`, `docker-access-ends-soon`, or `docker-access-foreign` if its certificate is of an earlier CA.',
      ),
  })
  .meta({ id: 'DockerAccess' });

export const dockerAccessList = z
  .object({ items: z.array(dockerAccessView) })
  .meta({ id: 'DockerAccessList' });

const files = {
  ca: z.string().describe('PEM of the CA of the Docker port: `ca.pem`.'),
  certificate: z.string().describe('PEM: `cert.pem`.'),
  context: z
    .object({ name: z.string(), host: z.string(), description: z.string() })
    .describe('For `docker context create`.'),
  commands: z
    .object({
      context: z.string().describe('Creates a Docker context.'),
      environment: z.string().describe('Sets `DOCKER_HOST`, `DOCKER_TLS_VERIFY` and `DOCKER_CERT_PATH`.'),
    })
    .describe('Ready to paste, in the folder that has `ca.pem`, `cert.pem` and `key.pem`.'),
};

/** 200 of `GET /environments/:id/docker-access/:accessId`. */
export const dockerAccessDetail = dockerAccessView.extend(files).meta({ id: 'DockerAccessDetail' });

/** 201 of `POST /environments/:id/docker-access`. */
export const dockerAccessCreated = dockerAccessDetail
  .extend({
    key: z
      .string()
      .exactOptional()
      .describe('PEM, PKCS #8: `key.pem`. Shown only once, and only if the call had no `csr`.'),
  })
  .meta({ id: 'DockerAccessCreated' });
