import type { Clock } from '../../../protocol/clock.js';
import { EdgeError } from '../../../protocol/edge-error.js';
import type { TunnelCall, TunnelSource, TunnelTarget } from '../tunnel/tunnel-source.js';
import { type Answer, askEngine, type Question } from './ask-engine.js';

/** What it takes to reach engines. */
export interface EngineAccess {
  readonly tunnels: TunnelSource;
  readonly clock: Clock;
}

/**
 * Holds the target's tunnel for as long as its engine is asked and the answer served; resolves to what `serve` does.
 * @param gone breaks it all off, with its reason
 * @param check may refuse the tunnel that was found
 * @throws EdgeError as the tunnel and the engine do, `tunnel-closed` (503), and what `check` and `serve` throw
 */
export async function askEnvironment<T>(
  { tunnels, clock }: EngineAccess,
  target: TunnelTarget,
  question: Question,
  gone: AbortSignal,
  serve: (answer: Answer, call: TunnelCall) => Promise<T>,
  check: (call: TunnelCall) => void = () => undefined,
): Promise<T> {
  const call = await tunnels.open(target, gone);
  const stop = new AbortController();
  const onClosed = () => stop.abort(tunnelClosed(call));
  const onGone = () => stop.abort(gone.reason);
  call.closed.addEventListener('abort', onClosed);
  gone.addEventListener('abort', onGone);
  try {
    if (call.closed.aborted) throw tunnelClosed(call);
    gone.throwIfAborted();
    check(call);
    const answer = await askEngine(call, question, stop.signal, clock);
    try {
      return await serve(answer, call);
    } finally {
      answer.close();
    }
  } finally {
    call.closed.removeEventListener('abort', onClosed);
    gone.removeEventListener('abort', onGone);
    call.release();
  }
}

/** What a call ends with whose tunnel was closed. */
export function tunnelClosed(call: TunnelCall): EdgeError {
  const reason: unknown = call.closed.reason;
  if (reason instanceof EdgeError) return reason;
  return new EdgeError('tunnel-closed', 'The tunnel was closed during the call', { status: 503 });
}

/** What a call ends with whose client left. */
export function clientGone(): EdgeError {
  return new EdgeError('client-gone', 'The client is gone', { status: 499 });
}
