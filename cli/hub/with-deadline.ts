import type { Runtime } from '../runtime.js';

/**
 * Runs an action with a signal that a deadline and the user's interrupt abort.
 * @throws what the action throws; the signal's reason is `ETIMEDOUT`, or the interrupt's
 */
export async function withDeadline<T>(
  { clock, interrupted }: Pick<Runtime, 'clock' | 'interrupted'>,
  ms: number,
  action: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const ended = new AbortController();
  const interrupt = () => ended.abort(interrupted.reason);
  const cancel = clock.after(ms, () =>
    ended.abort(Object.assign(new Error(`no answer within ${ms / 1_000} s`), { code: 'ETIMEDOUT' })),
  );
  interrupted.addEventListener('abort', interrupt, { once: true });
  try {
    interrupted.throwIfAborted();
    return await action(ended.signal);
  } finally {
    cancel();
    interrupted.removeEventListener('abort', interrupt);
  }
}
