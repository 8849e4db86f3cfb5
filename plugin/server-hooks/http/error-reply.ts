import { type ServerResponse, STATUS_CODES } from 'node:http';
import type { Context, Middleware } from 'koa';
import * as z from 'zod';
import { EdgeError } from '../../../protocol/edge-error.js';
import type { Clock } from '../../../protocol/time/clock.js';
import type { Problem } from '../../api.js';
import type { Logger } from '../host.js';

/** An error as an HTTP response: a problem document (RFC 9457) and headers. */
export interface ErrorReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly problem: Problem;
}

/** The only place where errors are mapped to HTTP. Anything but an EdgeError is a bug: 500, without details. */
export function toErrorReply(error: unknown): ErrorReply {
  const edge = asEdgeError(error);
  const { status, code, retryAfterSeconds } = edge;
  return {
    status,
    headers: {
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      ...(status === 401 ? { 'www-authenticate': 'Bearer' } : {}),
      ...(retryAfterSeconds === undefined ? {} : { 'retry-after': String(Math.ceil(retryAfterSeconds)) }),
    },
    problem: {
      type: 'about:blank',
      title: STATUS_CODES[status] ?? 'Error',
      status,
      code,
      ...(edge.expose ? { detail: edge.message } : {}),
      ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
      ...edge.details,
    },
  };
}

/** Adds the hub's time to each error for an agent, so that the agent can correct its clock. */
export function withHubTime(error: unknown, clock: Clock): unknown {
  if (!(error instanceof EdgeError)) return error;
  const { code, message, status, expose, retryAfterSeconds, details } = error;
  return new EdgeError(code, message, {
    status,
    expose,
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
    details: { timeMs: clock.now(), ...details },
  });
}

/** Sends an error without Koa. */
export function answerError(res: ServerResponse, error: unknown): void {
  const { status, headers, problem } = toErrorReply(error);
  const body = Buffer.from(JSON.stringify(problem));
  const own = { 'content-type': 'application/problem+json', 'content-length': body.length };
  res.writeHead(status, { ...headers, ...own });
  res.end(body);
}

/** Answers errors thrown by routes, and requests without a route. */
export function errorReplies(logger: Logger): Middleware {
  return async (ctx, next) => {
    try {
      await next();
      if (ctx.status === 404 && !ctx.body) {
        throw new EdgeError('not-found', 'Not found', { status: 404 });
      }
      // The router answers 501 for unknown methods, but still lists the address's methods in `Allow`.
      if ((ctx.status === 405 || ctx.status === 501) && !ctx.body) {
        throw new EdgeError('method-not-allowed', 'Method not allowed: see the Allow header', {
          status: 405,
        });
      }
    } catch (error) {
      sendError(ctx, error, logger);
    }
  };
}

/** Sends an error as the answer of a Koa context. */
export function sendError(ctx: Context, error: unknown, logger: Logger): void {
  const { status, headers, problem } = toErrorReply(error);
  if (status === 500)
    logger.error({ err: error, path: ctx.path.slice(0, 200) }, 'unexpected error in a call');
  ctx.status = status;
  ctx.set(headers);
  ctx.body = JSON.stringify(problem);
  ctx.type = 'application/problem+json';
}

/** Converts an error thrown in a handler. */
export function asEdgeError(error: unknown): EdgeError {
  if (error instanceof EdgeError) return error;
  if (error instanceof z.core.$ZodError) {
    const [issue] = error.issues;
    const where = issue?.path.join('.');
    return new EdgeError('bad-request', `${where ? `${where}: ` : ''}${issue?.message ?? 'invalid'}`, {
      status: 400,
    });
  }
  return new EdgeError('internal', 'Internal error; see the hub’s log', { status: 500 });
}
