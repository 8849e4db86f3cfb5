import type { IncomingMessage } from 'node:http';

/** A call of the Docker API below a plugin's mount. */
const DOCKER_CALL = /^[^?#]*\/api\/environments\/[^/?#]+(?:\/nodes\/[^/?#]+)?\/docker\//;
const TOKEN = /^[\w.~+/-]+=*$/;

/**
 * The token in `Authorization`: a bearer, or for Docker calls the password of HTTP Basic with any user name, because
 * some clients know nothing else. Null: neither.
 *
 * No answer asks for Basic, so that browsers neither prompt for it nor store it. Requests of a browser's pages are refused
 * with it all the same.
 */
export function presentedToken(req: IncomingMessage & { originalUrl?: string }): string | null {
  const [, scheme = '', value = ''] = /^(\w+) +(\S+)$/.exec(req.headers.authorization ?? '') ?? [];
  const token =
    scheme.toLowerCase() === 'bearer' ? value : isBasicAllowed(req, scheme) ? passwordIn(value) : '';
  return TOKEN.test(token) ? token : null;
}

function isBasicAllowed(req: IncomingMessage & { originalUrl?: string }, scheme: string): boolean {
  const { origin, 'sec-fetch-site': site } = req.headers;
  const isBrowser = origin !== undefined || site !== undefined;
  return scheme.toLowerCase() === 'basic' && !isBrowser && DOCKER_CALL.test(req.originalUrl ?? req.url ?? '');
}

/** RFC 7617: base64 of `user:password`; only the password may contain colons. */
function passwordIn(credentials: string): string {
  const [, password = ''] = /^[^:]*:(.*)$/s.exec(Buffer.from(credentials, 'base64').toString()) ?? [];
  return password;
}
