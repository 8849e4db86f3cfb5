import type { Middleware } from 'koa';
import type { Clock } from '../../../protocol/clock.js';

/** How long a caller may go on sending after its answer, ms: cut at once, it might never read that answer. */
const LEFTOVER_MS = 5_000;

/** Ends callers who were answered before their body was read, and who go on sending all the same. */
export function cutLeftovers(clock: Clock): Middleware {
  return async ({ req, res }, next) => {
    res.once('finish', () => {
      if (req.complete || req.destroyed) return;
      req.once(
        'close',
        clock.after(LEFTOVER_MS, () => req.destroy()),
      );
      req.resume();
    });
    await next();
  };
}
