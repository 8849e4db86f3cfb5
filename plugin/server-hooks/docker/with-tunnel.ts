import { EdgeError } from '../../../protocol/edge-error.js';
import type { TunnelCall, TunnelSource, TunnelTarget } from '../tunnel/source.js';

/**
 * Holds the target's tunnel while `use` runs; resolves to its result.
 * @param signal aborts it, with its reason; the `stop` that `use` gets aborts with it and with the tunnel
 * @throws EdgeError from the tunnel, `tunnel-closed` (503), and the errors of `use`
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

/** The error of a call whose tunnel was closed. */
export function tunnelClosed(call: TunnelCall): EdgeError {
  const reason: unknown = call.closed.reason;
  if (reason instanceof EdgeError) return reason;
  return new EdgeError('tunnel-closed', 'The tunnel was closed during the call', { status: 503 });
}

/** The error of a call whose caller signed out or whose token was revoked. */
export function credentialsEnded(): EdgeError {
  return new EdgeError('unauthorized', 'The session or API token of this call has ended', { status: 401 });
}

/** The error of a call whose client disconnected. */
export function clientGone(): EdgeError {
  return new EdgeError('client-gone', 'The client disconnected', { status: 499 });
}
