import type { Middleware } from 'koa';
import type { Clock } from '../../../protocol/clock.js';

/** Milliseconds since 1970 by the hub's clock, by which its pages tell ages. */
export const HUB_TIME = 'fairlead-time';

/** Puts the time on each answer of the admin API, refusals and the heads of streams included. */
export function hubTime(clock: Clock): Middleware {
  return async (ctx, next) => {
    await next();
    if (ctx.path.startsWith('/api/')) ctx.set(HUB_TIME, String(clock.now()));
  };
}
