import { Problem, problem } from '../../../protocol/problems.js';
import type { Clock } from '../../../protocol/time/clock.js';
import type { TunnelCall, TunnelSource, TunnelTarget } from '../tunnel/source.js';
import { type EngineAnswer, type EngineRequest, requestEngine } from './request-engine.js';

/**
 * Holds the target's tunnel while `use` runs; resolves to its result.
 * @param signal aborts it, with its reason; the `stop` that `use` gets aborts with it and with the tunnel
 * @throws Problem from the tunnel, `tunnel-closed` (503), and the errors of `use`
 */
export async function withTunnel<T>(
  tunnels: TunnelSource,
  target: TunnelTarget,
  signal: AbortSignal,
  use: (call: TunnelCall, stop: AbortSignal) => Promise<T>,
): Promise<T> {
  const call = await tunnels.open(target, signal);
  const stop = new AbortController();
  const onClosed = () => stop.abort(tunnelClosed(call));
  const onAbort = () => stop.abort(signal.reason);
  call.closed.addEventListener('abort', onClosed);
  signal.addEventListener('abort', onAbort);
  try {
    if (call.closed.aborted) throw tunnelClosed(call);
    signal.throwIfAborted();
    return await use(call, stop.signal);
  } finally {
    call.closed.removeEventListener('abort', onClosed);
    signal.removeEventListener('abort', onAbort);
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
 * @param signal aborts everything, with its reason
 * @param check may reject the tunnel; `stop` aborts with the caller, the tunnel and the hub
 * @throws Problem from the tunnel and the engine, `tunnel-closed` (503), and the errors of `check` and `serve`
 */
export async function requestEnvironment<T>(
  { tunnels, clock }: EngineAccess,
  target: TunnelTarget,
  engineRequest: EngineRequest,
  signal: AbortSignal,
  serve: (answer: EngineAnswer, call: TunnelCall) => Promise<T>,
  check: (call: TunnelCall, stop: AbortSignal) => Promise<void> = async () => undefined,
): Promise<T> {
  return withTunnel(tunnels, target, signal, async (call, stop) => {
    await check(call, stop);
    const answer = await requestEngine(call, engineRequest, stop, clock);
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
