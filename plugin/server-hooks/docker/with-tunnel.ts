import { EdgeError } from '../../../protocol/edge-error.js';
import type { TunnelCall, TunnelSource, TunnelTarget } from '../tunnel/tunnel-source.js';

/**
 * Holds the target's tunnel for as long as `use` takes; resolves to what that does.
 * @param gone breaks it off, with its reason; `stop`, which `use` gets, does so for this and for the tunnel's end
 * @throws EdgeError as the tunnel does, `tunnel-closed` (503), and what `use` throws
 */
export async function withTunnel<T>(
  tunnels: TunnelSource,
  target: TunnelTarget,
  gone: AbortSignal,
  use: (call: TunnelCall, stop: AbortSignal) => Promise<T>,
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
    return await use(call, stop.signal);
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

/** What a call ends with whose caller signed out, or whose token was revoked. */
export function credentialsEnded(): EdgeError {
  return new EdgeError('unauthorized', 'The session or API token of this call has ended', { status: 401 });
}

/** What a call ends with whose client left. */
export function clientGone(): EdgeError {
  return new EdgeError('client-gone', 'The client is gone', { status: 499 });
}
