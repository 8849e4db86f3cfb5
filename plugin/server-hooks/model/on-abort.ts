import { setMaxListeners } from 'node:events';

/**
 * Runs `work` when the signal aborts, immediately if it already has, and never without a signal.
 * @returns a function that removes the listener; safe to call twice
 */
export function onAbort(signal: AbortSignal | undefined, work: () => void): () => void {
  if (!signal) return () => undefined;
  // One listener per stream, and there may be many: Node would warn of a leak above ten.
  setMaxListeners(0, signal);
  if (signal.aborted) work();
  else signal.addEventListener('abort', work, { once: true });
  return () => signal.removeEventListener('abort', work);
}
