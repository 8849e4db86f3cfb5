import { type Problem, problem } from '../../../protocol/problems.js';
import type { Clock } from '../../../protocol/time/clock.js';
import { TUNNEL } from '../../../protocol/tunnel/tunnel-settings.js';
import { onAbort } from '../model/on-abort.js';
import { askReports } from './ask-reports.js';
import type { TunnelSession } from './session.js';
import type { TunnelSlots } from './slots.js';
import type { TunnelCall, TunnelSource, TunnelTarget } from './source.js';

export interface TunnelCallsOptions {
  /** The tunnels of an environment. */
  readonly tunnels: (environmentId: number) => TunnelSlots;
  readonly clock: Clock;
  /**
   * How long a call may wait for its tunnel, ms.
   * @throws Problem if waiting is pointless: `environment-not-found`, `environment-offline`, …
   */
  readonly waitMs: (target: TunnelTarget) => number;
  /** Whether an agent may serve calls for its whole Swarm. */
  readonly servesSwarm: (environmentId: number, instanceId: string) => boolean;
  /** Whether an agent says that it is on a manager, and a known manager that could confirm it checks in. */
  readonly isConfirmable: (environmentId: number, instanceId: string) => boolean;
}

/** Concurrent and waiting calls of the whole hub; each may hold a stream window in memory. */
const MAX_CALLS = 4_000;
/** Per-environment share, so one busy environment cannot starve the rest. */
const MAX_CALLS_EACH = MAX_CALLS / 4;

/** Opens tunnels on demand for the Docker proxy. */
export class TunnelCalls implements TunnelSource {
  readonly #options: TunnelCallsOptions;
  #open = 0;

  constructor(options: TunnelCallsOptions) {
    this.#options = options;
  }

  async open(target: TunnelTarget, signal: AbortSignal): Promise<TunnelCall> {
    const { environmentId, instanceId } = target;
    // An open tunnel needs no wait: its calls work even if check-ins are blocked.
    const tunnels = this.#options.tunnels(environmentId);
    const waitMs = tunnels.peek(instanceId)?.tunnel ? 0 : this.#options.waitMs(target);
    if (this.#open >= MAX_CALLS) throw tooManyCalls('The hub is at its limit of concurrent calls');
    if (tunnels.uses >= MAX_CALLS_EACH) {
      throw tooManyCalls('This environment is at its limit of concurrent calls');
    }
    this.#open++;
    let leave: () => void = () => undefined;
    let released = false;
    const release = () => {
      if (released) return;
      released = true;
      this.#open--;
      leave();
    };
    try {
      const hold = await tunnels.slot(instanceId).acquire(waitMs, signal);
      leave = hold.leave;
      const { tunnel } = hold;
      return {
        agent: tunnel.connections,
        dial: (mayMoveMuch) => tunnel.dial(mayMoveMuch ? 'bulk' : 'single'),
        closed: tunnel.closed,
        servesSwarm: (stop) => this.#servesSwarm(tunnel, stop),
        release,
      };
    } catch (error) {
      release();
      throw error;
    }
  }

  /** Waits for new reports, 7 s at most, then decides by what is known. */
  async #servesSwarm(tunnel: TunnelSession, signal: AbortSignal): Promise<boolean> {
    const { clock, servesSwarm } = this.#options;
    const { environmentId, instanceId } = tunnel.grant;
    const serves = () => servesSwarm(environmentId, instanceId);
    if (serves()) return true;
    const reported = tunnel.report();
    const leader = (stop: AbortSignal) => this.#askLeader(tunnel, reported, stop);
    await askReports([() => reported, leader], serves, clock, signal);
    return serves();
  }

  /**
   * Managers confirm each other, so that the leader's report counts as well. Its tunnel is opened only for an agent that
   * `reported` itself as a manager: a call to a worker wakes no agent.
   */
  async #askLeader(tunnel: TunnelSession, reported: Promise<void>, stop: AbortSignal): Promise<void> {
    const { servesSwarm, isConfirmable } = this.#options;
    const { environmentId, instanceId, purpose } = tunnel.grant;
    if (purpose === 'environment') return;
    const tunnels = this.#options.tunnels(environmentId);
    if (!tunnels.peek()?.tunnel) {
      await reported;
      if (stop.aborted || servesSwarm(environmentId, instanceId)) return;
      if (!isConfirmable(environmentId, instanceId)) return;
    }
    const { tunnel: leading, leave } = await tunnels.slot().acquire(TUNNEL.reportMs, stop);
    const stopListening = onAbort(stop, leave);
    try {
      if (leading.grant.instanceId !== instanceId) await leading.report();
    } finally {
      stopListening();
      leave();
    }
  }
}

function tooManyCalls(message: string): Problem {
  return problem('too-many-calls', { detail: message, retryAfterSeconds: 1 });
}
