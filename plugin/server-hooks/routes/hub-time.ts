import type { Middleware } from 'koa';
import type { Clock } from '../../../protocol/clock.js';

/** Milliseconds since 1970 by the hub's clock, by which its pages tell ages. */
export const HUB_TIME = 'fairlead-time';

/** Puts the time on each answer of the admin API, refusals and the heads of streams included. */
export function hubTime(clock: Clock): Middleware {
  // Check-ins pass as they are: there are thousands of them for each call of a page.
  return (ctx, next) =>
    ctx.path.startsWith('/api/') ? next().then(() => ctx.set(HUB_TIME, String(clock.now()))) : next();
}
