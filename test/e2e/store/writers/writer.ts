import { isDeepStrictEqual } from 'node:util';
import type { Hub } from '../../../kit/hub/hub.js';

/** One client that writes to a hub, one write after the other, and remembers what was acknowledged. */
export interface Writer {
  /**
   * One write. Rejects when the hub refuses it or dies; what was not acknowledged may then be there or not, and
   * {@link verify} accepts either.
   */
  write(hub: Hub): Promise<void>;
  /** Compares a restarted hub with what was acknowledged. @throws Error that says what is missing */
  verify(hub: Hub): Promise<void>;
}

/** The answer's body. @throws Error for any other status */
export async function expect<T>(
  hub: Hub,
  status: number,
  method: string,
  path: string,
  body?: unknown,
): Promise<T> {
  const answer = await hub.call<T>(method, path, body);
  if (answer.status === status) return answer.body;
  throw new Error(`${method} ${path}: ${answer.status} instead of ${status}: ${JSON.stringify(answer.body)}`);
}

/** @throws Error when `actual` equals none of them */
export function mustBeOneOf(what: string, actual: unknown, expected: readonly unknown[]): void {
  if (expected.some((candidate) => isDeepStrictEqual(candidate, actual))) return;
  throw new Error(
    `${what} is ${JSON.stringify(actual)}, and not ${expected.map((it) => JSON.stringify(it)).join(' or ')}`,
  );
}
