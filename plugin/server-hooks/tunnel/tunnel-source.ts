import type { Agent } from 'node:http';
import type { Duplex } from 'node:stream';

/** Where a call goes. */
export interface TunnelTarget {
  readonly environmentId: number;
  /** The agent of one Swarm node; without it the environment's leader. */
  readonly instanceId?: string;
}

/** One call's hold on a live tunnel. As long as it is not released the tunnel counts as used. */
export interface TunnelCall {
  /**
   * An `http.Agent` whose connections are streams of this tunnel instance, never pooled across
   * instances: a shared pool would answer one environment's call from another's socket.
   */
  readonly agent: Agent;
  /**
   * A fresh byte pipe to the engine. Ends cleanly only where the engine ended it; everything else is
   * an error. Rejects within 10 s with EdgeError `engine-unreachable`, `tunnel-lost` or `dial-timeout`.
   */
  dial(): Promise<Duplex>;
  /**
   * Whether what concerns a whole Swarm may go this way: to no Swarm at all, or to a manager that is known as one. Before
   * it says no, it waits for new reports, 7 s at most, then decides by what is known.
   * @param signal breaks it off, with its reason
   */
  servesSwarm(signal: AbortSignal): Promise<boolean>;
  /** Fires when the tunnel was revoked or lost while the call runs. */
  readonly closed: AbortSignal;
  /** Ends the hold; safe to call twice. */
  release(): void;
}

/** Gives calls to environments, waking them where needed. */
export interface TunnelSource {
  /**
   * Wakes the target's agent if it sleeps, waits for its tunnel, and takes a hold on it.
   * @throws EdgeError `environment-not-found` (404), `environment-not-associated` (503),
   *   `environment-offline` (503), `tunnel-timeout` (504), `tunnel-closed` (503), `too-many-calls` (503)
   */
  open(target: TunnelTarget, signal: AbortSignal): Promise<TunnelCall>;
}
