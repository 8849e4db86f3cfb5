import type { Agent } from 'node:http';
import type { Duplex } from 'node:stream';

/** The destination of a call. */
export interface TunnelTarget {
  readonly environmentId: number;
  /** The agent of one Swarm node; absent: the environment's leader. */
  readonly instanceId?: string;
}

/** One call's hold on a live tunnel. Until released, the tunnel counts as used. */
export interface TunnelCall {
  /**
   * An `http.Agent` whose connections are streams of this tunnel instance, kept between calls but never
   * across instances: a shared pool would answer one environment's call from another's socket.
   */
  readonly agent: Agent;
  /**
   * A fresh byte pipe to the engine. Ends cleanly only where the engine ended it; everything else is
   * an error. Rejects within 10 s with Problem `engine-unreachable`, `tunnel-lost` or `dial-timeout`.
   * @param mayMoveMuch its bytes should not share a connection with other calls
   */
  dial(mayMoveMuch?: boolean): Promise<Duplex>;
  /**
   * Whether this tunnel may serve calls for the whole Swarm: outside a Swarm, or on a confirmed manager. Before it
   * returns false, it waits for new reports, 7 s at most, then decides by what is known.
   * @param signal aborts it with its reason
   */
  servesSwarm(signal: AbortSignal): Promise<boolean>;
  /** Fires when the tunnel is revoked or lost during the call. */
  readonly closed: AbortSignal;
  /** Ends the hold; safe to call twice. */
  release(): void;
}

/** Opens calls to environments, waking them if needed. */
export interface TunnelSource {
  /**
   * Wakes the target's agent if needed, waits for its tunnel, and holds it.
   * @throws Problem `environment-not-found` (404), `environment-not-associated` (503),
   *   `environment-offline` (503), `tunnel-timeout` (504), `tunnel-closed` (503), `too-many-calls` (503)
   */
  open(target: TunnelTarget, signal: AbortSignal): Promise<TunnelCall>;
}
