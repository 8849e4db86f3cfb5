import { problem } from '../../../protocol/problems/agent.js';

/**
 * Runs one call with a deadline. The signal makes the call release its socket; the race enforces the
 * deadline even if a truncated answer leaves the call unsettled.
 * @throws Problem `engine-timeout`
 */
export async function within<T>(deadlineMs: number, call: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const { promise: expiry, reject } = expiring();
  const timer = setTimeout(() => {
    reject(problem('engine-timeout', { detail: `The engine did not answer within ${deadlineMs / 1000} s` }));
    controller.abort();
  }, deadlineMs);
  try {
    return await Promise.race([call(controller.signal), expiry]);
  } finally {
    clearTimeout(timer);
  }
}

function expiring(): { promise: Promise<never>; reject: (error: Error) => void } {
  let reject: (error: Error) => void = () => {};
  const promise = new Promise<never>((_, refuse) => {
    reject = refuse;
  });
  return { promise, reject };
}
