import { setMaxListeners } from 'node:events';

/**
 * Runs `work` when the signal aborts, and at once if it has; without a signal never.
 * @returns what ends the waiting; safe to call twice
 */
export function onAbort(signal: AbortSignal | undefined, work: () => void): () => void {
  if (!signal) return () => undefined;
  // One listener for each stream, and there may be many: Node would take more than ten for a leak.
  setMaxListeners(0, signal);
  if (signal.aborted) work();
  else signal.addEventListener('abort', work, { once: true });
  return () => signal.removeEventListener('abort', work);
}
