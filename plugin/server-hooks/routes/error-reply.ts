import { type ServerResponse, STATUS_CODES } from 'node:http';
import type { Context, Middleware } from 'koa';
import * as z from 'zod';
import type { Clock } from '../../../protocol/clock.js';
import { EdgeError } from '../../../protocol/edge-error.js';
import type { Problem } from '../../api.js';
import type { Logger } from '../host.js';

/** An error as HTTP tells it: a problem document (RFC 9457) and headers. */
export interface ErrorReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly problem: Problem;
}

/** The only place where errors become HTTP. What is not an EdgeError is ours to mend: 500, and no word of it. */
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

/** Each refusal of an agent's call carries the hub's time, so that the agent can correct its clock. */
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

/** The same where there is no Koa. */
export function answerError(res: ServerResponse, error: unknown): void {
  const { status, headers, problem } = toErrorReply(error);
  const body = Buffer.from(JSON.stringify(problem));
  const own = { 'content-type': 'application/problem+json', 'content-length': body.length };
  res.writeHead(status, { ...headers, ...own });
  res.end(body);
}

/** Answers whatever a route throws, and what no route answers. */
export function errorReplies(logger: Logger): Middleware {
  return async (ctx, next) => {
    try {
      await next();
      if (ctx.status === 404 && !ctx.body) {
        throw new EdgeError('not-found', 'There is nothing at this address', { status: 404 });
      }
      // The router calls methods that it has never heard of 501, and names in `Allow` those of the address all the same.
      if ((ctx.status === 405 || ctx.status === 501) && !ctx.body) {
        throw new EdgeError('method-not-allowed', 'Not with this method: see Allow', { status: 405 });
      }
    } catch (error) {
      sendError(ctx, error, logger);
    }
  };
}

/** The same as the answer of a Koa context. */
export function sendError(ctx: Context, error: unknown, logger: Logger): void {
  const { status, headers, problem } = toErrorReply(error);
  if (status === 500)
    logger.error({ err: error, path: ctx.path.slice(0, 200) }, 'a call failed unexpectedly');
  ctx.status = status;
  ctx.set(headers);
  ctx.body = JSON.stringify(problem);
  ctx.type = 'application/problem+json';
}

/** What goes wrong in a handler, as HTTP and logs tell it. */
export function asEdgeError(error: unknown): EdgeError {
  if (error instanceof EdgeError) return error;
  if (error instanceof z.core.$ZodError) {
    const [issue] = error.issues;
    const where = issue?.path.join('.');
    return new EdgeError('bad-request', `${where ? `${where}: ` : ''}${issue?.message ?? 'not understood'}`, {
      status: 400,
    });
  }
  return new EdgeError('internal', 'Something went wrong here; the log of the hub has more', { status: 500 });
}
