import type { Middleware } from 'koa';
import type { Clock } from '../../../protocol/time/clock.js';

/** Milliseconds since 1970 by the hub's clock; pages compute ages from it. */
export const HUB_TIME = 'fairlead-time';

/** Adds the time to each answer of the admin API, errors and stream heads included. */
export function hubTime(clock: Clock): Middleware {
  // Not for check-ins: they outnumber a page's calls by thousands.
  return (ctx, next) =>
    ctx.path.startsWith('/api/') ? next().then(() => ctx.set(HUB_TIME, String(clock.now()))) : next();
}
