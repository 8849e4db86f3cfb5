import type { Clock } from '../../../protocol/clock.js';
import type { TunnelCall, TunnelSource, TunnelTarget } from '../tunnel/tunnel-source.js';
import { type EngineAnswer, type EngineRequest, requestEngine } from './request-engine.js';
import { withTunnel } from './with-tunnel.js';

/** What it takes to reach engines. */
export interface EngineAccess {
  readonly tunnels: TunnelSource;
  readonly clock: Clock;
}

/**
 * Holds the target's tunnel for as long as its engine is asked and the answer served; resolves to what `serve` does.
 * @param gone breaks it all off, with its reason
 * @param check may refuse the tunnel that was found; `stop` ends with the caller, the tunnel and the hub
 * @throws EdgeError as the tunnel and the engine do, `tunnel-closed` (503), and what `check` and `serve` throw
 */
export async function requestEnvironment<T>(
  { tunnels, clock }: EngineAccess,
  target: TunnelTarget,
  question: EngineRequest,
  gone: AbortSignal,
  serve: (answer: EngineAnswer, call: TunnelCall) => Promise<T>,
  check: (call: TunnelCall, stop: AbortSignal) => Promise<void> = async () => undefined,
): Promise<T> {
  return withTunnel(tunnels, target, gone, async (call, stop) => {
    await check(call, stop);
    const answer = await requestEngine(call, question, stop, clock);
    try {
      return await serve(answer, call);
    } finally {
      answer.close();
    }
  });
}
