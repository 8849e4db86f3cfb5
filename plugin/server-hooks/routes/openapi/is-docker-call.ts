import type { CallSpec } from '../define-call.js';

/** Whether a call is answered on the raw request, by `docker.ts`: it reads its own query, and refuses as Docker does. */
export function isDockerCall({ path }: CallSpec): boolean {
  return /^\/api\/environments\/:id(\/nodes\/:node)?\/docker\//.test(path);
}
