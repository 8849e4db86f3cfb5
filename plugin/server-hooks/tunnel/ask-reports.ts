import type { Clock } from '../../../protocol/clock.js';
import { TUNNEL } from '../../../protocol/tunnel/tunnel-settings.js';
import { onAbort } from '../model/on-abort.js';
import type { Tunnel } from './tunnel.js';

/**
 * Resolves when the agents have reported their engines' places in the Swarm, or after 7 s.
 * @throws the reason of `signal`, when that aborts before
 */
export async function askReports(
  tunnels: ReadonlySet<Pick<Tunnel, 'report'>>,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted();
  let cancel = () => {};
  let stopListening = () => {};
  const late = new Promise<void>((resolve, reject) => {
    cancel = clock.after(TUNNEL.reportMs, resolve);
    stopListening = onAbort(signal, () => reject(signal.reason));
  });
  try {
    await Promise.race([late, Promise.all([...tunnels].map((tunnel) => tunnel.report()))]);
  } finally {
    cancel();
    stopListening();
  }
}
