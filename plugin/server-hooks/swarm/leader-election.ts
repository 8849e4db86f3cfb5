import type { Clock } from '../../../protocol/clock.js';
import type { Logger } from '../host.js';
import type { Tunnel } from '../tunnel/tunnel.js';
import type { TunnelRegistry } from '../tunnel/tunnel-registry.js';
import type { TunnelSlot } from '../tunnel/tunnel-slot.js';
import { LEASE_MS, LeaderBackoff } from './leader-backoff.js';

/** An instance that might lead its environment. */
export interface Candidate {
  readonly instanceId: string;
  /** Swarm node it serves, for the log; null outside a Swarm. */
  readonly nodeId: string | null;
  /** 0 is best. */
  readonly rank: number;
  /** Whether it could be told at once: it holds a check-in open. */
  readonly isHeld: boolean;
  /** Whether it was heard lately. */
  readonly isLive: boolean;
}

export interface LeaderElectionOptions {
  readonly registry: TunnelRegistry;
  /** An environment's instances, in the order in which they enrolled. */
  readonly candidates: (environmentId: number) => readonly Candidate[];
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Why an instance may not be there. `away`: its tunnel broke, so an open check-in proves nothing until it is heard anew.
 * `suspect`: the same, and nobody waits for it.
 */
type Absence = 'away' | 'suspect';

/** A candidate at this moment. */
interface Standing extends Pick<Candidate, 'instanceId' | 'nodeId' | 'rank'> {
  /** Monotonic ms at which it failed lately, else 0. */
  readonly failedMs: number;
  /** Whether it can be told now. */
  readonly isHere: boolean;
  /** Whether it is worth waiting for. */
  readonly isLive: boolean;
  readonly doubt: Absence | 'failing' | null;
}

interface Election {
  readonly absences: Map<string, Absence>;
  readonly failures: LeaderBackoff;
  /** Epoch of the lease that the timer is for; null: for whoever comes. */
  epoch: string | null;
  /** Monotonic ms of its begin. */
  sinceMs: number;
  /** Whether that lease's holder was heard when it got it, or since. */
  isHolderHeard: boolean;
  cancelTimer: (() => void) | null;
}

/** After every rank there is. */
const FAILING_RANK = 1_000;
/** Most agents that one line of the log names. */
const MAX_TOLD = 5;

/**
 * Decides which of an environment's agents may open its tunnel. The lease is granted when somebody needs the tunnel, to
 * the best of those who can be told at once, and taken back when nobody needs it any more. A better one takes it over at
 * once, an equal one never. Each decision is made in one turn of the event loop, from what is known at that moment; the
 * slot's epoch keeps out who had the lease before.
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

  /** An instance checks in, and can be told now. */
  recordCheckIn(environmentId: number, instanceId: string): void {
    const election = this.#elections.get(environmentId);
    election?.absences.delete(instanceId);
    const { lease } = this.#options.registry.peek(environmentId) ?? {};
    if (election && lease?.instanceId === instanceId) election.isHolderHeard = true;
    this.evaluate(environmentId, instanceId);
  }

  /** The connection of an instance's held check-in broke. */
  disconnected(environmentId: number, instanceId: string): void {
    if (!this.#elections.has(environmentId)) return;
    this.#miss(environmentId, instanceId, 'suspect');
    this.evaluate(environmentId);
  }

  /** Decides anew: demand, tunnel or ranks may be others. `calling` can be told though it holds nothing. */
  evaluate(environmentId: number, calling: string | null = null): void {
    const slot = this.#options.registry.peek(environmentId);
    // What is granted or withdrawn here is told to all who listen, and that is us, too.
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
    const [best] = all.filter(({ isHere }) => isHere).sort(byRank);
    if (!holder) slot.withdraw();
    if (
      best &&
      (holder ? byRank(best, holder) < 0 : !all.some((one) => one.isLive && byRank(one, best) < 0))
    ) {
      this.#grant(environmentId, slot, best, all);
    }
  }

  #grant(environmentId: number, slot: TunnelSlot, best: Standing, all: readonly Standing[]): void {
    if (all.length > 1) {
      const told = ({ nodeId, rank, doubt }: Standing) => ({
        node: nodeId,
        rank,
        ...(doubt ? { doubt } : {}),
      });
      const passedOver = all.filter(({ doubt }) => doubt !== null).slice(0, MAX_TOLD);
      const about = { environment: environmentId, ...told(best), passedOver: passedOver.map(told) };
      this.#options.logger.info(about, 'leader chosen');
    }
    slot.grant(best.instanceId);
  }

  #candidates(environmentId: number, calling: string | null): Standing[] {
    const { absences, failures } = this.#elections.get(environmentId) ?? {};
    return this.#options.candidates(environmentId).map(({ instanceId, nodeId, rank, isHeld, isLive }) => {
      const absence = absences?.get(instanceId);
      const failedMs = failures?.failedMs(instanceId) ?? null;
      return {
        instanceId,
        nodeId,
        rank: failedMs === null ? rank : FAILING_RANK,
        failedMs: failedMs ?? 0,
        isHere: instanceId === calling || (isHeld && !absence),
        isLive: isLive && absence !== 'suspect',
        doubt: absence ?? (failedMs === null ? null : 'failing'),
      };
    });
  }

  #lost({ grant: { environmentId, instanceId, purpose }, end }: Tunnel): void {
    if (purpose === 'environment') this.#miss(environmentId, instanceId, end === 'lost' ? 'away' : 'suspect');
  }

  /** Of two signs that it is gone the stronger counts, whichever came first. */
  #miss(environmentId: number, instanceId: string, absence: Absence): void {
    const { absences } = this.#election(environmentId);
    if (absences.get(instanceId) !== 'suspect') absences.set(instanceId, absence);
  }

  /** Each lease may last so long without a tunnel, and nobody waits longer for a better agent. */
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
      election.isHolderHeard = calling !== null && calling === slot.lease?.instanceId;
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
    if (lease && election.isHolderHeard && leftMs > 0) {
      this.#wait(environmentId, slot, election, leftMs);
      return;
    }
    if (!lease) {
      // Whoever was waited for did not come.
      for (const one of others)
        if (one.isLive && !one.isHere) this.#miss(environmentId, one.instanceId, 'suspect');
    } else if (election.isHolderHeard) election.failures.failed(lease.instanceId);
    else this.#miss(environmentId, lease.instanceId, 'suspect');
    // Where nobody else could have it, a slow agent keeps it: its tunnel may be on the way.
    if (others.some((one) => one.isHere || one.isLive)) slot.withdraw();
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
        isHolderHeard: false,
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

/** Of those who failed, whose failure is longest ago comes first: they take turns. */
function byRank(a: Standing, b: Standing): number {
  return a.rank - b.rank || a.failedMs - b.failedMs;
}
