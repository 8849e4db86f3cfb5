/** Bounds of a backoff, ms. */
export interface BackoffBounds {
  readonly firstMs: number;
  readonly maxMs: number;
}

/**
 * Pause before the next attempt, ms: exponential backoff with full jitter.
 * @param failures failures before the last one; 0 after the first failure
 * @param random uniform in [0, 1)
 */
export function backoffMs({ firstMs, maxMs }: BackoffBounds, failures: number, random: () => number): number {
  return random() * Math.min(maxMs, firstMs * 2 ** failures);
}
