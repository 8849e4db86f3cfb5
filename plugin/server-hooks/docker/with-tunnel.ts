import { Problem, problem } from '../../../protocol/problems.js';
import type { Clock } from '../../../protocol/time/clock.js';
import type { TunnelCall, TunnelSource, TunnelTarget } from '../tunnel/source.js';
import { type EngineAnswer, type EngineRequest, requestEngine } from './request-engine.js';

/**
 * Holds the target's tunnel while `use` runs; resolves to its result.
 * @param stop aborts it, with its reason; it is aborted when the tunnel closes
 * @throws Problem from the tunnel, `tunnel-closed` (503), and the errors of `use`
 */
export async function withTunnel<T>(
  tunnels: TunnelSource,
  target: TunnelTarget,
  stop: AbortController,
  use: (call: TunnelCall, stop: AbortSignal) => Promise<T>,
): Promise<T> {
  const call = await tunnels.open(target, stop.signal);
  const onClosed = () => stop.abort(tunnelClosed(call));
  call.closed.addEventListener('abort', onClosed);
  try {
    if (call.closed.aborted) onClosed();
    stop.signal.throwIfAborted();
    return await use(call, stop.signal);
  } finally {
    call.closed.removeEventListener('abort', onClosed);
    call.release();
  }
}

/** Dependencies for reaching engines. */
export interface EngineAccess {
  readonly tunnels: TunnelSource;
  readonly clock: Clock;
}

/**
 * Holds the target's tunnel while the engine is called and the answer served; resolves to the result of `serve`.
 * @param stop aborts everything, with its reason; it is aborted when the tunnel closes
 * @param check may reject the tunnel
 * @throws Problem from the tunnel and the engine, `tunnel-closed` (503), and the errors of `check` and `serve`
 */
export async function requestEnvironment<T>(
  { tunnels, clock }: EngineAccess,
  target: TunnelTarget,
  engineRequest: EngineRequest,
  stop: AbortController,
  serve: (answer: EngineAnswer, call: TunnelCall) => Promise<T>,
  check?: (call: TunnelCall) => Promise<void>,
): Promise<T> {
  return withTunnel(tunnels, target, stop, async (call, signal) => {
    await check?.(call);
    const answer = await requestEngine(call, engineRequest, signal, clock);
    try {
      return await serve(answer, call);
    } finally {
      answer.close();
    }
  });
}

/** The error of a call whose tunnel was closed. */
export function tunnelClosed(call: TunnelCall): Problem {
  const reason: unknown = call.closed.reason;
  if (reason instanceof Problem) return reason;
  return problem('tunnel-closed');
}

/** The error of a call whose caller signed out or whose token was revoked. */
export function credentialsEnded(): Problem {
  return problem('unauthorized', { detail: 'The session or API token of this call has ended' });
}
