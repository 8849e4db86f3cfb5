import type { Clock } from '../../../protocol/time/clock.js';
import type { Logger } from '../host.js';
import type { TunnelRegistry } from '../tunnel/registry.js';
import type { TunnelSlot } from '../tunnel/slot.js';
import type { Tunnel } from '../tunnel/tunnel.js';
import { LEASE_MS, LeaderBackoff } from './leader-backoff.js';

/** An instance that may lead its environment. */
export interface Candidate {
  readonly instanceId: string;
  /** Its Swarm node, for the log; null outside a Swarm. */
  readonly nodeId: string | null;
  /** 0 is best. */
  readonly rank: number;
  /** Whether it has a held check-in that can be answered now. */
  readonly isHeld: boolean;
  /** Whether it was seen recently. */
  readonly isLive: boolean;
}

export interface LeaderElectionOptions {
  readonly registry: TunnelRegistry;
  /** An environment's instances in order of enrolment. */
  readonly candidates: (environmentId: number) => readonly Candidate[];
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Why an instance may be absent. `away`: its tunnel was lost, so a held check-in proves nothing until its next
 * check-in. `suspect`: as `away`, and the election does not wait for it.
 */
type Absence = 'away' | 'suspect';

/** The current state of a candidate. */
interface Contender extends Pick<Candidate, 'instanceId' | 'nodeId' | 'rank'> {
  /** Monotonic ms of its recent failure, else 0. */
  readonly failedMs: number;
  /** Whether it can be notified now. */
  readonly isReachable: boolean;
  /** Whether the election should wait for it. */
  readonly isLive: boolean;
  readonly doubt: Absence | 'failing' | null;
}

interface Election {
  readonly absences: Map<string, Absence>;
  readonly failures: LeaderBackoff;
  /** Epoch of the lease that the timer is for; null: waiting for any agent. */
  epoch: string | null;
  /** Monotonic ms of its start. */
  sinceMs: number;
  /** Whether the holder of that lease has checked in with or since the grant. */
  hasHolderCheckedIn: boolean;
  cancelTimer: (() => void) | null;
}

/** Below every regular rank. */
const FAILING_RANK = 1_000;
/** Maximum number of agents in one log line. */
const MAX_LOGGED = 5;

/**
 * Decides which of an environment's agents may open its tunnel. The lease is granted when the tunnel is needed, to the
 * best agent that can be notified now, and withdrawn when it is no longer needed. A better agent takes it over
 * immediately, an equal one never. Each decision is made in one turn of the event loop from the current state; the
 * slot's epoch fences out earlier holders.
 */
export class LeaderElection {
  readonly #options: LeaderElectionOptions;
  readonly #elections = new Map<number, Election>();
  #stops: (() => void)[] = [];
  #isDeciding = false;

  constructor(options: LeaderElectionOptions) {
    this.#options = options;
  }

  start(): void {
    if (this.#stops.length > 0) return;
    const { registry } = this.#options;
    this.#stops = [
      registry.onLost((tunnel) => this.#lost(tunnel)),
      registry.onChange((id) => this.evaluate(id)),
    ];
  }

  /** Ends all timers; safe to call twice. */
  stop(): void {
    for (const stop of this.#stops.splice(0)) stop();
    for (const id of [...this.#elections.keys()]) this.#end(id);
  }

  /** Records a check-in; the instance can be notified now. */
  recordCheckIn(environmentId: number, instanceId: string): void {
    const election = this.#elections.get(environmentId);
    election?.absences.delete(instanceId);
    const { lease } = this.#options.registry.peek(environmentId) ?? {};
    if (election && lease?.instanceId === instanceId) election.hasHolderCheckedIn = true;
    this.evaluate(environmentId, instanceId);
  }

  /** Records that the connection of an instance's held check-in broke. */
  disconnected(environmentId: number, instanceId: string): void {
    if (!this.#elections.has(environmentId)) return;
    this.#miss(environmentId, instanceId, 'suspect');
    this.evaluate(environmentId);
  }

  /**
   * Decides again after a change of demand, tunnel or ranks. `calling` can be notified although it holds no check-in.
   */
  evaluate(environmentId: number, calling: string | null = null): void {
    const slot = this.#options.registry.peek(environmentId);
    // Granting and withdrawing notify all listeners, including this one.
    if (!slot || this.#isDeciding) return;
    this.#isDeciding = true;
    try {
      if (slot.state === 'idle') {
        this.#end(environmentId);
        slot.withdraw();
      } else {
        this.#decide(environmentId, slot, calling);
        this.#watch(environmentId, slot, calling);
      }
    } finally {
      this.#isDeciding = false;
    }
  }

  #decide(environmentId: number, slot: TunnelSlot, calling: string | null): void {
    if (slot.tunnel) this.#elections.get(environmentId)?.failures.connected(slot.tunnel.grant.instanceId);
    const all = this.#candidates(environmentId, calling);
    const holder = all.find(({ instanceId }) => instanceId === slot.lease?.instanceId);
    const [best] = all.filter(({ isReachable }) => isReachable).sort(byRank);
    if (!holder) slot.withdraw();
    if (
      best &&
      (holder ? byRank(best, holder) < 0 : !all.some((one) => one.isLive && byRank(one, best) < 0))
    ) {
      this.#grant(environmentId, slot, best, all);
    }
  }

  #grant(environmentId: number, slot: TunnelSlot, best: Contender, all: readonly Contender[]): void {
    if (all.length > 1) {
      const describe = ({ nodeId, rank, doubt }: Contender) => ({
        node: nodeId,
        rank,
        ...(doubt ? { doubt } : {}),
      });
      const passedOver = all.filter(({ doubt }) => doubt !== null).slice(0, MAX_LOGGED);
      const about = { environment: environmentId, ...describe(best), passedOver: passedOver.map(describe) };
      this.#options.logger.info(about, 'leader chosen');
    }
    slot.grant(best.instanceId);
  }

  #candidates(environmentId: number, calling: string | null): Contender[] {
    const { absences, failures } = this.#elections.get(environmentId) ?? {};
    return this.#options.candidates(environmentId).map(({ instanceId, nodeId, rank, isHeld, isLive }) => {
      const absence = absences?.get(instanceId);
      const failedMs = failures?.failedMs(instanceId) ?? null;
      return {
        instanceId,
        nodeId,
        rank: failedMs === null ? rank : FAILING_RANK,
        failedMs: failedMs ?? 0,
        isReachable: instanceId === calling || (isHeld && !absence),
        isLive: isLive && absence !== 'suspect',
        doubt: absence ?? (failedMs === null ? null : 'failing'),
      };
    });
  }

  #lost({ grant: { environmentId, instanceId, purpose }, end }: Tunnel): void {
    if (purpose === 'environment') this.#miss(environmentId, instanceId, end === 'lost' ? 'away' : 'suspect');
  }

  /** Of two signs of absence the stronger counts, in any order. */
  #miss(environmentId: number, instanceId: string, absence: Absence): void {
    const { absences } = this.#election(environmentId);
    if (absences.get(instanceId) !== 'suspect') absences.set(instanceId, absence);
  }

  /** Bounds how long a lease may last without a tunnel, and how long to wait for a better agent. */
  #watch(environmentId: number, slot: TunnelSlot, calling: string | null): void {
    const election = this.#election(environmentId);
    const epoch = slot.lease?.epoch ?? null;
    if (slot.tunnel || epoch !== election.epoch) {
      election.cancelTimer?.();
      election.cancelTimer = null;
    }
    if (slot.tunnel || election.cancelTimer) return;
    if (epoch !== election.epoch) {
      election.epoch = epoch;
      election.sinceMs = this.#options.clock.monotonic();
      election.hasHolderCheckedIn = calling !== null && calling === slot.lease?.instanceId;
    }
    this.#wait(environmentId, slot, election, LEASE_MS);
  }

  #wait(environmentId: number, slot: TunnelSlot, election: Election, ms: number): void {
    election.cancelTimer = this.#options.clock.after(ms, () => this.#overdue(environmentId, slot));
  }

  #overdue(environmentId: number, slot: TunnelSlot): void {
    const election = this.#election(environmentId);
    election.cancelTimer = null;
    const { lease } = slot;
    const all = this.#candidates(environmentId, null);
    const others = all.filter((one) => one.instanceId !== lease?.instanceId);
    const endMs = election.sinceMs + election.failures.leaseMs(all.filter(({ isLive }) => isLive));
    const leftMs = endMs - this.#options.clock.monotonic();
    if (lease && election.hasHolderCheckedIn && leftMs > 0) {
      this.#wait(environmentId, slot, election, leftMs);
      return;
    }
    if (!lease) {
      // The awaited agent did not check in.
      for (const one of others)
        if (one.isLive && !one.isReachable) this.#miss(environmentId, one.instanceId, 'suspect');
    } else if (election.hasHolderCheckedIn) election.failures.failed(lease.instanceId);
    else this.#miss(environmentId, lease.instanceId, 'suspect');
    // If it is the only candidate, a slow agent keeps the lease: its tunnel may still be opening.
    if (others.some((one) => one.isReachable || one.isLive)) slot.withdraw();
    this.evaluate(environmentId);
  }

  #election(environmentId: number): Election {
    let election = this.#elections.get(environmentId);
    if (!election) {
      election = {
        absences: new Map(),
        failures: new LeaderBackoff(this.#options.clock),
        epoch: null,
        sinceMs: 0,
        hasHolderCheckedIn: false,
        cancelTimer: null,
      };
      this.#elections.set(environmentId, election);
    }
    return election;
  }

  #end(environmentId: number): void {
    this.#elections.get(environmentId)?.cancelTimer?.();
    this.#elections.delete(environmentId);
  }
}

/** Among agents that failed, the one that failed longest ago comes first: they take turns. */
function byRank(a: Contender, b: Contender): number {
  return a.rank - b.rank || a.failedMs - b.failedMs;
}
