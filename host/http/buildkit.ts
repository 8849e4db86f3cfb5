import type { IncomingMessage } from 'node:http';
import type { Middleware } from 'koa';
import type { Caller } from '../auth/authenticate.js';
import { dockerProblem } from './problem.js';

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
  if (!caller) throw dockerProblem('unauthorized');
  const { environmentId } = caller.principal;
  if (environmentId === undefined) throw dockerProblem('buildkit-unsupported');
  return environmentId;
}

/** Refuses BuildKit requests without an upgrade. */
export const refuseBuildKit: Middleware = async ({ req }, next) => {
  if (buildKitPath(req) !== null) throw dockerProblem('buildkit-unsupported');
  await next();
};
