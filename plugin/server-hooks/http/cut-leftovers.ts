import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Middleware } from 'koa';
import type { Clock } from '../../../protocol/time/clock.js';

/** How long a caller may keep sending after its answer, ms: closed immediately, it might never read the answer. */
const LEFTOVER_MS = 5_000;

/** Disconnects callers that keep sending a body after they were answered. */
export function cutLeftovers(clock: Clock): Middleware {
  return ({ req, res }, next) => {
    cutLeftover(req, res, clock);
    return next();
  };
}

/** See {@link cutLeftovers}. */
export function cutLeftover(req: IncomingMessage, res: ServerResponse, clock: Clock): void {
  res.once('finish', () => {
    if (req.complete || req.destroyed) return;
    req.once(
      'close',
      clock.after(LEFTOVER_MS, () => req.destroy()),
    );
    req.resume();
  });
}
