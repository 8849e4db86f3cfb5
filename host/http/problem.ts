import { type ServerResponse, STATUS_CODES } from 'node:http';
import type { Http2ServerResponse } from 'node:http2';
import type { Duplex } from 'node:stream';
import type { Middleware } from 'koa';
import type { Logger } from '../../plugin/server-hooks/host.js';
import { type HostedRequest, requestHost } from '../../protocol/network/request-host.js';
import { type HttpProblemCode, PROBLEMS, Problem, problem } from '../../protocol/problems.js';
import { isClientGone } from './is-client-gone.js';

/** A problem for a Docker client: sent as `application/json` with a `message`, which such clients print. */
export function dockerProblem(code: HttpProblemCode): Problem {
  return problem(code, { members: { message: PROBLEMS[code].sentence } });
}

/** The only place that turns the host's own errors into HTTP answers. Unknown ones are logged, never shown. */
export function problemReplies(logger: Logger): Middleware {
  return async (ctx, next) => {
    try {
      await next();
      if (ctx.status === 404 && ctx.body == null && ctx.respond !== false && !ctx.headerSent)
        throw problem('not-found');
    } catch (error) {
      if (isClientGone(error, ctx.res)) {
        logger.debug({ code: Reflect.get(Object(error), 'code') }, 'the client disconnected');
        ctx.respond = false;
        ctx.res.destroy();
        return;
      }
      if (ctx.headerSent) {
        logger.warn({ err: error }, 'a response was truncated');
        ctx.res.destroy();
        return;
      }
      const known = error instanceof Problem && error.status !== 500 ? error : internal(error, logger);
      // A plugin may have hijacked the response before it failed.
      ctx.respond = true;
      ctx.status = known.status;
      for (const [name, value] of Object.entries(headersOf(known))) ctx.set(name, value);
      ctx.body = bodyOf(known);
    }
  };
}

/** Turns an empty error response into its problem. Place it behind the plugins, whose responses stay unchanged. */
export const refuseUnserved: Middleware = async (ctx, next) => {
  await next();
  if (ctx.body != null) return;
  if (ctx.status === 404) throw problem('not-found');
  if (ctx.status !== 405 && ctx.status !== 501) return;
  throw problem('method-not-allowed');
};

/** Answers an upgrade request on its bare socket, then closes: past `upgrade` there is no response object. */
export function refuseUpgrade(socket: Duplex, error: Problem): void {
  socket.end(lastAnswer(error), () => socket.destroy());
}

/** Answers a request that failed unexpectedly outside the middleware; one whose answer has begun is cut off. */
export function answerFailure(
  res: ServerResponse | Http2ServerResponse,
  error: unknown,
  logger: Logger,
): void {
  const { status, headers, body } = failureAnswer(error, logger);
  if (res.headersSent) {
    res.socket?.destroy();
    return;
  }
  res.writeHead(status, headers);
  res.end(body);
}

/** The answer to a request that failed unexpectedly. */
export function failureAnswer(error: unknown, logger: Logger) {
  const problem = internal(error, logger);
  return { status: problem.status, headers: headersOf(problem), body: Buffer.from(bodyOf(problem)) };
}

/** A problem as the last bytes of an HTTP/1.1 connection. */
export function lastAnswer(error: Problem): string {
  const body = bodyOf(error);
  const headers = {
    ...headersOf(error),
    'Content-Length': String(Buffer.byteLength(body)),
    Connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const reason = STATUS_CODES[error.status] ?? 'Error';
  return `HTTP/1.1 ${error.status} ${reason}\r\n${lines.join('')}\r\n${body}`;
}

/** @throws {Problem} `bad-host` (400): links, Edge keys and origin checks depend on it */
export function requireHost(req: HostedRequest): void {
  if (requestHost(req) === null) throw problem('bad-host');
}

function internal(error: unknown, logger: Logger): Problem {
  logger.error({ err: error }, 'a request failed');
  return problem('internal');
}

function headersOf({ status, retryAfterSeconds, members }: Problem): Record<string, string> {
  return {
    'Content-Type': members?.message === undefined ? 'application/problem+json' : 'application/json',
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    ...(retryAfterSeconds === undefined ? {} : { 'Retry-After': String(retryAfterSeconds) }),
    ...(status === 401 ? { 'WWW-Authenticate': 'Bearer realm="fairlead"' } : {}),
  };
}

function bodyOf({ status, code, message, members }: Problem): string {
  return JSON.stringify({
    type: 'about:blank',
    title: STATUS_CODES[status],
    status,
    code,
    detail: message,
    ...members,
  });
}
