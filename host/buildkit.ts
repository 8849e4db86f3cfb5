import type { IncomingMessage } from 'node:http';
import type { Middleware } from 'koa';
import type { Caller } from './authenticate.js';
import { Problem } from './problem.js';

/**
 * BuildKit's two connections, in origin or absolute form. Docker clients open them without the base path, so that no
 * environment is named.
 */
const CONNECTION = /^(?:https?:\/\/[^/?#]*)?(\/(?:grpc|session)(?:\?.*)?)$/;

/** Path and query of a request for one of them; null: it is for something else. */
export function buildKitPath({ method, url }: Pick<IncomingMessage, 'method' | 'url'>): string | null {
  return (method === 'POST' && CONNECTION.exec(url ?? '')?.[1]) || null;
}

/**
 * The environment that such a connection is meant for: the only one that the caller's token is good for.
 * @throws Problem `unauthorized` (401), `buildkit-unsupported` (501) where it is good for more
 */
export function environmentOfBuildKit(caller: Caller | null): number {
  if (!caller) throw new Problem(401, 'unauthorized', 'send a valid API token', { forDocker: true });
  const { environmentId } = caller.principal;
  if (environmentId === undefined) throw unsupported();
  return environmentId;
}

/** Refuses requests for them that do not ask for the upgrade. */
export const refuseBuildKit: Middleware = async ({ req }, next) => {
  if (buildKitPath(req) !== null) throw unsupported();
  await next();
};

function unsupported(): Problem {
  const message = 'BuildKit needs an API token for one environment only: use one, or set DOCKER_BUILDKIT=0';
  return new Problem(501, 'buildkit-unsupported', message, { forDocker: true });
}
