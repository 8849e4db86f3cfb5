import type { IncomingMessage } from 'node:http';
import type { Middleware } from 'koa';
import type { Caller } from '../auth/authenticate.js';
import { Problem } from './problem.js';

/**
 * BuildKit's two connections, in origin or absolute form. Docker clients open them without the base path, so they name
 * no environment.
 */
const CONNECTION = /^(?:https?:\/\/[^/?#]*)?(\/(?:grpc|session)(?:\?.*)?)$/;

/** Path and query of a BuildKit request; null for any other request. */
export function buildKitPath({ method, url }: Pick<IncomingMessage, 'method' | 'url'>): string | null {
  return (method === 'POST' && CONNECTION.exec(url ?? '')?.[1]) || null;
}

/**
 * The target environment of such a connection: the one that the caller's token is bound to.
 * @throws Problem `unauthorized` (401), `buildkit-unsupported` (501) if it is not bound to one
 */
export function environmentOfBuildKit(caller: Caller | null): number {
  if (!caller) throw new Problem(401, 'unauthorized', 'send a valid API token', { forDocker: true });
  const { environmentId } = caller.principal;
  if (environmentId === undefined) throw unsupported();
  return environmentId;
}

/** Refuses BuildKit requests without an upgrade. */
export const refuseBuildKit: Middleware = async ({ req }, next) => {
  if (buildKitPath(req) !== null) throw unsupported();
  await next();
};

function unsupported(): Problem {
  const message = 'BuildKit needs an API token for one environment only: use one, or set DOCKER_BUILDKIT=0';
  return new Problem(501, 'buildkit-unsupported', message, { forDocker: true });
}
