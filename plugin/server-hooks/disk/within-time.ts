import type { Clock } from '../../../protocol/time/clock.js';

/**
 * The result of `work`, or a rejection with `late()` after `ms`. The work itself continues; its failure is then
 * ignored.
 */
export async function withinTime<T>(
  work: Promise<T>,
  ms: number,
  clock: Clock,
  late: () => Error,
): Promise<T> {
  let cancel = () => {};
  const deadline = new Promise<never>((_, reject) => {
    cancel = clock.after(Math.max(0, ms), () => reject(late()));
  });
  try {
    return await Promise.race([work, deadline]);
  } finally {
    cancel();
  }
}
