import type { IncomingMessage } from 'node:http';
import { PROBLEMS } from '../../../protocol/problems.js';
import { openFileLimit } from '../disk/open-file-limit.js';
import { AccessReview } from '../docker-access/access-review.js';
import { DockerAuthority } from '../docker-access/authority.js';
import type { CertificateClaim } from '../docker-access/client-uri.js';
import { DockerGrants } from '../docker-access/grants.js';
import { portNames } from '../docker-access/port-names.js';
import type { Logger } from '../host.js';
import { OpenCalls } from '../http/open-calls.js';
import { relativeUrl } from '../http/relative-url.js';
import type { Lifecycle } from '../lifecycle.js';
import type { ResolvedOptions } from '../options.js';
import { answerDockerCall, answerDockerUpgrade, type DockerDeps } from '../routes/docker.js';
import type { DockerAccessService } from '../routes/docker-access/operations.js';
import { DockerPort } from '../routes/docker-access/port.js';
import type { Storage } from './storage.js';

/** Client certificates for the Docker port. */
export interface DockerAccessParts {
  readonly grants: DockerGrants;
  readonly accessReview: AccessReview;
  /** Null: the port is off. */
  readonly dockerAuthority: DockerAuthority | null;
  /** The calls by the port. They end after the tunnels. */
  readonly portCalls: OpenCalls;
}

export async function startDockerAccess(
  options: ResolvedOptions,
  { store }: Pick<Storage, 'store'>,
  logger: Logger,
  lifecycle: Lifecycle,
): Promise<DockerAccessParts> {
  const { dataDir, dockerPort, clock, randomBytes } = options;
  const portCalls = new OpenCalls(clock);
  await lifecycle.use({ stop: async () => void (await portCalls.end()) });
  const grants = await lifecycle.use(new DockerGrants({ store, clock }));
  if (dockerPort === null) {
    const accessReview = new AccessReview({ store, clock, isOwn: () => true });
    return { grants, accessReview, dockerAuthority: null, portCalls };
  }
  const names = () => portNames(store, options);
  const dockerAuthority = await lifecycle.use(
    new DockerAuthority({ dataDir, names, clock, randomBytes, logger }),
  );
  const stop = store.watch((change) => {
    if (change.kind === 'settings') void dockerAuthority.refresh();
  });
  await lifecycle.use({ stop });
  const isOwn = (certificate: string) => dockerAuthority.isOwn(certificate);
  const accessReview = new AccessReview({ store, clock, isOwn });
  for (const code of accessReview.problems()) logger.warn({ code }, PROBLEMS[code].sentence);
  return { grants, accessReview, dockerAuthority, portCalls };
}

export interface DockerPortParts extends DockerAccessParts {
  readonly options: ResolvedOptions;
  readonly logger: Logger;
}

/** The Docker port, not started yet, and what its operations need; null if it is off. */
export function makeDockerPort(
  { options, logger, dockerAuthority: authority, grants, portCalls }: DockerPortParts,
  docker: () => DockerDeps,
): { readonly port: DockerPort; readonly service: DockerAccessService } | null {
  const { dockerPort, bind, clock } = options;
  if (!authority || dockerPort === null) return null;
  const port = new DockerPort({
    port: dockerPort,
    bind,
    openFiles: openFileLimit(),
    authority,
    clock,
    logger,
    admit: (claim) => grants.admit(claim),
    onRequest: (req, res, claim) => {
      portCalls.open(req, res);
      void answerDockerCall(docker(), callOf(req, claim), req, res);
    },
    onUpgrade: (req, socket, head, claim) => {
      portCalls.addSocket(socket);
      void answerDockerUpgrade(docker(), callOf(req, claim), req, socket, head);
    },
  });
  return {
    port,
    service: {
      authority,
      get port() {
        return port.port;
      },
    },
  };
}

/** The port has no mount: paths are the engine's own. */
function callOf({ url = '' }: IncomingMessage, claim: CertificateClaim) {
  const path = relativeUrl(url, undefined, '') ?? url;
  return { environmentId: claim.environmentId, node: null, path, claim };
}
