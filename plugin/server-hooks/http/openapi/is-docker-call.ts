import type { OperationSpec } from '../define-operation.js';

/**
 * Whether a call is answered on the raw request by `docker.ts`, which parses its own query and answers errors as Docker
 * does.
 */
export function isDockerCall({ path }: OperationSpec): boolean {
  return /^\/api\/environments\/:id(\/nodes\/:node)?\/docker\//.test(path);
}
