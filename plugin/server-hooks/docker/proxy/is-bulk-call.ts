import { type DockerPath, isBuildKitConnection } from '../path.js';

/** Paths that carry archives of images or files, after the API version. */
const DOWNLOADS = [/^images\/(.+\/)?get$/, /^containers\/[^/]+\/(export|archive)$/];
const UPLOADS = [/^images\/(load|create)$/, /^build$/, /^containers\/[^/]+\/archive$/];

/** Whether a call may move much: images, archives and builds. */
export function isBulkCall(method: string, path: DockerPath): boolean {
  if (isBuildKitConnection(path)) return true;
  const name = path.segments.join('/');
  const paths = method === 'GET' ? DOWNLOADS : method === 'POST' || method === 'PUT' ? UPLOADS : [];
  return paths.some((pattern) => pattern.test(name));
}
