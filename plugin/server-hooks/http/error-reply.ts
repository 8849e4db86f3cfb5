import { type ServerResponse, STATUS_CODES } from 'node:http';
import type { Context, Middleware } from 'koa';
import * as z from 'zod';
import { Problem, problem } from '../../../protocol/problems.js';
import type { Clock } from '../../../protocol/time/clock.js';
import type { ProblemDocument } from '../../api.js';
import type { Logger } from '../host.js';

/** An error as an HTTP response: a problem document (RFC 9457) and headers. */
export interface ErrorReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly problem: ProblemDocument;
}

/** The only place where errors are mapped to HTTP. Anything but a Problem is a bug: 500, without details. */
export function toErrorReply(error: unknown): ErrorReply {
  const known = asProblem(error);
  const { status, code, retryAfterSeconds } = known;
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
      ...(known.isSilent ? {} : { detail: known.message }),
      ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
      ...known.members,
    },
  };
}

/** Adds the hub's time to each error for an agent, so that the agent can correct its clock. */
export function withHubTime(error: unknown, clock: Clock): unknown {
  if (!(error instanceof Problem)) return error;
  const { code, message, members, cause, ...rest } = error;
  return new Problem(code, message, { ...rest, cause, members: { timeMs: clock.now(), ...members } });
}

/** Sends an error without Koa. @returns its status */
export function answerError(res: ServerResponse, error: unknown): number {
  const { status, headers, problem } = toErrorReply(error);
  const body = Buffer.from(JSON.stringify(problem));
  const own = { 'content-type': 'application/problem+json', 'content-length': body.length };
  res.writeHead(status, { ...headers, ...own });
  res.end(body);
  return status;
}

/** Answers errors thrown by routes, and requests without a route. */
export function errorReplies(logger: Logger): Middleware {
  return async (ctx, next) => {
    try {
      await next();
      if (ctx.status === 404 && !ctx.body) {
        throw problem('not-found');
      }
      // The router answers 501 for unknown methods, but still lists the address's methods in `Allow`.
      if ((ctx.status === 405 || ctx.status === 501) && !ctx.body) {
        throw problem('method-not-allowed');
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
export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof z.core.$ZodError) {
    const [issue] = error.issues;
    const where = issue?.path.join('.');
    return problem('bad-request', { detail: `${where ? `${where}: ` : ''}${issue?.message ?? 'invalid'}` });
  }
  return problem('internal');
}
