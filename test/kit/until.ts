import { setTimeout as delay } from 'node:timers/promises';

export interface UntilOptions {
  /** Default: 10 s. */
  readonly ms?: number;
  /** Pause between two reads. Default: 20 ms. */
  readonly everyMs?: number;
  /** What is waited for, in the error. */
  readonly what?: string;
}

/**
 * Reads a value again and again until `holds` accepts it; for states that send no event.
 * @throws Error with the last value when `ms` have passed
 */
export async function until<T>(
  read: () => T | Promise<T>,
  holds: (value: T) => boolean,
  { ms = 10_000, everyMs = 20, what = 'the expected value' }: UntilOptions = {},
): Promise<T> {
  const deadlineMs = performance.now() + ms;
  for (;;) {
    const value = await read();
    if (holds(value)) return value;
    if (performance.now() > deadlineMs)
      throw new Error(`${what} did not come within ${ms} ms: ${JSON.stringify(value) ?? 'undefined'}`);
    await delay(everyMs);
  }
}

/** Waits for a condition; `what` names it in the error. */
export async function untilTrue(
  what: string,
  condition: () => boolean | Promise<boolean>,
  options: Omit<UntilOptions, 'what'> = {},
): Promise<void> {
  await until(condition, (holds) => holds, { ...options, what });
}
