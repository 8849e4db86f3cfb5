import type { Middleware } from 'koa';
import { Problem } from './problem.js';

/** BuildKit posts to these two without the base path, so that no environment can be told from them. */
const PATHS = new Set(['/grpc', '/session']);

/** The answer for BuildKit's calls, or null for all others. */
export function buildkitRefusal(method: string | undefined, url: string | undefined): Problem | null {
  if (method !== 'POST' || !PATHS.has(url?.split('?')[0] ?? '')) return null;
  const message = 'BuildKit cannot be used through this hub yet; set DOCKER_BUILDKIT=0';
  return new Problem(501, 'buildkit-unsupported', message, { forDocker: true });
}

/** The same for requests that come without an upgrade. */
export const refuseBuildkit: Middleware = async ({ method, url }, next) => {
  const refusal = buildkitRefusal(method, url);
  if (refusal) throw refusal;
  await next();
};
