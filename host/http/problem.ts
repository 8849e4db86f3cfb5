import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Middleware } from 'koa';
import type { Logger } from '../../plugin/server-hooks/host.js';
import { type HostedRequest, requestHost } from '../../protocol/network/request-host.js';
import { isClientGone } from './is-client-gone.js';

/** Options of a {@link Problem}. */
export interface ProblemOptions {
  /** Seconds after which a retry makes sense; sent as `Retry-After`. */
  retryAfterSeconds?: number;
  /**
   * The caller is a Docker client: it gets `application/json` with a `message`, which such
   * clients print. Default false.
   */
  forDocker?: boolean;
}

/** A problem of RFC 9457: `code` is stable and has its row in `docs/errors.md`. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly status: number;
  readonly code: string;
  readonly retryAfterSeconds: number | undefined;
  readonly forDocker: boolean;

  constructor(status: number, code: string, message: string, options: ProblemOptions = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.forDocker = options.forDocker ?? false;
  }
}

/** The only place where the host's own errors become HTTP answers. Unknown ones are logged, never shown. */
export function problemReplies(logger: Logger): Middleware {
  return async (ctx, next) => {
    try {
      await next();
      if (ctx.status === 404 && ctx.body == null && ctx.respond !== false && !ctx.headerSent)
        throw notFound();
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
      const problem = error instanceof Problem ? error : internal(error, logger);
      // A plugin may have taken over the response before it failed.
      ctx.respond = true;
      ctx.status = problem.status;
      for (const [name, value] of Object.entries(headersOf(problem))) ctx.set(name, value);
      ctx.body = bodyOf(problem);
    }
  };
}

/** Turns an empty error response into its problem. Place it behind the plugins, whose responses stay unchanged. */
export const refuseUnserved: Middleware = async (ctx, next) => {
  await next();
  if (ctx.body != null) return;
  if (ctx.status === 404) throw notFound();
  if (ctx.status !== 405 && ctx.status !== 501) return;
  throw new Problem(405, 'method-not-allowed', `this address accepts only ${ctx.response.get('Allow')}`);
};

/** Answers an upgrade request on its bare socket, then closes: past `upgrade` there is no response object. */
export function refuseUpgrade(socket: Duplex, problem: Problem): void {
  socket.end(lastAnswer(problem), () => socket.destroy());
}

/** A problem as the last bytes of an HTTP/1.1 connection. */
export function lastAnswer(problem: Problem): string {
  const body = bodyOf(problem);
  const headers = {
    ...headersOf(problem),
    'Content-Length': String(Buffer.byteLength(body)),
    Connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const reason = STATUS_CODES[problem.status] ?? 'Error';
  return `HTTP/1.1 ${problem.status} ${reason}\r\n${lines.join('')}\r\n${body}`;
}

/** @throws {Problem} `bad-host` (400): links, Edge keys and origin checks depend on it */
export function requireHost(req: HostedRequest): void {
  if (requestHost(req) === null) throw new Problem(400, 'bad-host', 'the Host header is not one host[:port]');
}

/** The answer for a path that nothing serves. */
export function notFound(): Problem {
  return new Problem(404, 'not-found', 'nothing is served at this address');
}

function internal(error: unknown, logger: Logger): Problem {
  logger.error({ err: error }, 'a request failed');
  return new Problem(500, 'internal', 'the request failed; see the log of the hub');
}

function headersOf(problem: Problem): Record<string, string> {
  return {
    'Content-Type': problem.forDocker ? 'application/json' : 'application/problem+json',
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    ...(problem.retryAfterSeconds === undefined ? {} : { 'Retry-After': String(problem.retryAfterSeconds) }),
    ...(problem.status === 401 ? { 'WWW-Authenticate': 'Bearer realm="fairlead"' } : {}),
  };
}

function bodyOf(problem: Problem): string {
  return JSON.stringify({
    type: 'about:blank',
    title: STATUS_CODES[problem.status],
    status: problem.status,
    code: problem.code,
    detail: problem.message,
    ...(problem.forDocker ? { message: problem.message } : {}),
  });
}
