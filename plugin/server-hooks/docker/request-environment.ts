import type { Clock } from '../../../protocol/time/clock.js';
import type { TunnelCall, TunnelSource, TunnelTarget } from '../tunnel/source.js';
import { type EngineAnswer, type EngineRequest, requestEngine } from './request-engine.js';
import { withTunnel } from './with-tunnel.js';

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
