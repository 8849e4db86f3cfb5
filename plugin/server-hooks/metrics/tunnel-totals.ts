import { TUNNEL_ENDS, type TunnelEnd } from '../../../protocol/tunnel/end.js';
import type { TunnelSession, TunnelTraffic } from '../tunnel/session.js';

/** All tunnels of the hub since its start, in numbers. */
export class TunnelTotals {
  opened = 0;
  readonly ended = Object.fromEntries(TUNNEL_ENDS.map((end) => [end, 0])) as Record<TunnelEnd, number>;
  readonly #wakeListeners = new Set<(wakeMs: number) => void>();
  readonly #open = new Set<TunnelSession>();
  /** Of ended tunnels. */
  readonly #bytes = { received: 0, sent: 0 };

  /**
   * Counts a tunnel that is attached to its slot, until its end.
   * @param wakeMs time since the demand that it meets; null: there was none
   */
  add(tunnel: TunnelSession, wakeMs: number | null): void {
    if (wakeMs !== null) for (const listener of this.#wakeListeners) listener(wakeMs);
    this.opened++;
    this.#open.add(tunnel);
    tunnel.closed.addEventListener('abort', () => {
      this.#open.delete(tunnel);
      if (tunnel.end) this.ended[tunnel.end]++;
      addTo(this.#bytes, tunnel.traffic);
    });
  }

  /** Calls `listener` with the time from each demand to its tunnel, ms; returns the unsubscribe function. */
  onWake(listener: (wakeMs: number) => void): () => void {
    this.#wakeListeners.add(listener);
    return () => this.#wakeListeners.delete(listener);
  }

  /** Bytes in tunnels, HTTP/2 frames included. */
  bytes(): TunnelTraffic {
    const bytes = { ...this.#bytes };
    for (const { traffic } of this.#open) addTo(bytes, traffic);
    return bytes;
  }
}

function addTo(sum: { received: number; sent: number }, { received, sent }: TunnelTraffic): void {
  sum.received += received;
  sum.sent += sent;
}
