import { type DockerPath, isBuildKitConnection } from '../path.js';

/**
 * Paths of downloads, after the API version. Uploads stay on the tunnel: an engine may answer one early and close, and the
 * connection's end can then overtake the count of the answer's bytes.
 */
const DOWNLOADS = [/^images\/(.+\/)?get$/, /^containers\/[^/]+\/(export|archive)$/];

/** Whether a call may bring much from the engine, or is a BuildKit connection. */
export function isBulkCall(method: string, path: DockerPath): boolean {
  if (isBuildKitConnection(path)) return true;
  const name = path.segments.join('/');
  return method === 'GET' && DOWNLOADS.some((pattern) => pattern.test(name));
}
