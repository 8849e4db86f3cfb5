import { type OutgoingHttpHeaders, STATUS_CODES } from 'node:http';
import { Problem, problem } from '../../../protocol/problems.js';
import { ANSWER_GUARDS } from './proxy/answer-head.js';

/** An error as an HTTP response to a Docker client. */
export interface DockerErrorAnswer {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  readonly body: string;
}

/**
 * Formats an error for Docker clients: the members of a problem document (RFC 9457) plus `message`. Foreign errors give
 * a bare 500: their texts may hold secrets.
 */
export function dockerErrorBody(error: unknown): DockerErrorAnswer {
  const known = error instanceof Problem ? error : problem('internal', { cause: error });
  const title = STATUS_CODES[known.status] ?? 'Error';
  const detail = known.isSilent ? `The hub could not carry out the call: ${known.code}` : known.message;
  const body = JSON.stringify({
    ...(known.isSilent ? undefined : known.members),
    title,
    status: known.status,
    code: known.code,
    detail,
    message: detail,
  });
  const headers: OutgoingHttpHeaders = {
    ...ANSWER_GUARDS,
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
  };
  if (known.retryAfterSeconds !== undefined)
    headers['retry-after'] = String(Math.ceil(known.retryAfterSeconds));
  if (known.status === 401) headers['www-authenticate'] = 'Bearer';
  if (known.status === 405) headers.allow = 'GET, HEAD, POST, PUT, DELETE, OPTIONS';
  return { status: known.status, headers, body };
}
