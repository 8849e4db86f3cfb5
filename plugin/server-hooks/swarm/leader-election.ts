import type { Clock } from '../../../protocol/time/clock.js';
import type { Logger } from '../host.js';
import { type Contender, electLeader } from '../model/elect-leader.js';
import { SmallMap } from '../model/small-map.js';
import type { TunnelSession } from '../tunnel/session.js';
import type { TunnelSlot } from '../tunnel/slot.js';
import type { TunnelSlots } from '../tunnel/slots.js';
import { LEASE_MS, LeaderBackoff } from './leader-backoff.js';

/** An instance that may lead its environment. */
export interface Candidate extends Pick<Contender, 'instanceId' | 'nodeId' | 'rank'> {
  /** Whether it has a held check-in that can be answered now. */
  readonly isHeld: boolean;
  /** Whether it was seen recently. */
  readonly isLive: boolean;
}

/** The environment whose leader is elected. */
export interface ElectionOwner {
  readonly id: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly tunnels: Pick<TunnelSlots, 'slot'>;
  /** The environment's instances in order of enrolment. */
  candidates(): readonly Candidate[];
  /** Called when a timer made a new evaluation necessary; calls {@link LeaderElection.evaluate}. */
  evaluate(): void;
}

/**
 * Why an instance may be absent. `away`: its tunnel was lost, so a held check-in proves nothing until its next
 * check-in. `suspect`: as `away`, and the election does not wait for it.
 */
type Absence = 'away' | 'suspect';

/** Below every regular rank. */
const FAILING_RANK = 1_000;
/** Maximum number of agents in one log line. */
const MAX_LOGGED = 5;

/**
 * Decides which of an environment's agents may open its tunnel. The lease is granted when the tunnel is needed, to the
 * best agent that can be notified now, and withdrawn when it is no longer needed. Each decision is made in one turn of
 * the event loop from the current state; the slot's epoch fences out earlier holders.
 */
export class LeaderElection {
  readonly #owner: ElectionOwner;
  #absences = new SmallMap<Absence>();
  #failures: LeaderBackoff;
  #isRunning = false;
  /** Epoch of the lease that the timer is for; null: waiting for any agent. */
  #epoch: string | null = null;
  /** Monotonic ms at which that began. */
  #sinceMs = 0;
  /** Whether the holder of that lease has checked in with or since the grant. */
  #hasHolderCheckedIn = false;
  #cancelTimer: (() => void) | null = null;

  constructor(owner: ElectionOwner) {
    this.#owner = owner;
    this.#failures = new LeaderBackoff(owner.clock);
  }

  /** Ends its timer and forgets what it knows of the agents; safe to call twice. */
  stop(): void {
    this.#stopTimer();
    this.#isRunning = false;
    this.#epoch = null;
    this.#absences = new SmallMap();
    this.#failures = new LeaderBackoff(this.#owner.clock);
  }

  /** Records a check-in: the instance can be notified now. Evaluate afterwards. */
  recordCheckIn(instanceId: string): void {
    if (!this.#isRunning) return;
    this.#absences.delete(instanceId);
    if (this.#slot().lease?.instanceId === instanceId) this.#hasHolderCheckedIn = true;
  }

  /** Records that the connection of an instance's held check-in broke. Evaluate afterwards. */
  disconnected(instanceId: string): void {
    if (this.#isRunning) this.#miss(instanceId, 'suspect');
  }

  /** Records that a tunnel ended by itself. */
  lost({ grant: { instanceId, purpose }, end }: TunnelSession): void {
    if (purpose === 'environment') this.#miss(instanceId, end === 'lost' ? 'away' : 'suspect');
  }

  /**
   * Decides again after a change of demand, tunnel or ranks, and changes the slot accordingly. `calling` can be notified
   * although it holds no check-in.
   */
  evaluate(calling: string | null = null): void {
    const slot = this.#slot();
    if (slot.state === 'idle') {
      if (this.#isRunning) this.stop();
      slot.withdraw();
      return;
    }
    this.#decide(slot, calling);
    this.#watch(slot, calling);
  }

  #decide(slot: TunnelSlot, calling: string | null): void {
    if (slot.tunnel) this.#failures.connected(slot.tunnel.grant.instanceId);
    const all = this.#contenders(calling);
    const verdict = electLeader(all, slot.lease?.instanceId ?? null);
    if (verdict.kind === 'withdraw') slot.withdraw();
    if (verdict.kind !== 'grant') return;
    if (all.length > 1) this.#log(verdict.to, all);
    slot.grant(verdict.to.instanceId);
  }

  #log(leader: Contender, all: readonly Contender[]): void {
    const { id, logger } = this.#owner;
    const describe = ({ nodeId, rank, doubt }: Contender) => ({
      node: nodeId,
      rank,
      ...(doubt ? { doubt } : {}),
    });
    const passedOver = all.filter(({ doubt }) => doubt !== null).slice(0, MAX_LOGGED);
    const about = { environment: id, ...describe(leader), passedOver: passedOver.map(describe) };
    logger.info(about, 'leader chosen');
  }

  #contenders(calling: string | null): Contender[] {
    return this.#owner.candidates().map(({ instanceId, nodeId, rank, isHeld, isLive }) => {
      const absence = this.#absences.get(instanceId);
      const failedMs = this.#failures.failedMs(instanceId);
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

  /** Of two signs of absence the stronger counts, in any order. */
  #miss(instanceId: string, absence: Absence): void {
    this.#isRunning = true;
    if (this.#absences.get(instanceId) !== 'suspect') this.#absences.set(instanceId, absence);
  }

  /** Bounds how long a lease may last without a tunnel, and how long to wait for a better agent. */
  #watch(slot: TunnelSlot, calling: string | null): void {
    this.#isRunning = true;
    const epoch = slot.lease?.epoch ?? null;
    if (slot.tunnel || epoch !== this.#epoch) this.#stopTimer();
    if (slot.tunnel || this.#cancelTimer) return;
    if (epoch !== this.#epoch) {
      this.#epoch = epoch;
      this.#sinceMs = this.#owner.clock.monotonic();
      this.#hasHolderCheckedIn = calling !== null && calling === slot.lease?.instanceId;
    }
    this.#wait(LEASE_MS);
  }

  #wait(ms: number): void {
    this.#cancelTimer = this.#owner.clock.after(ms, () => this.#overdue());
  }

  #overdue(): void {
    const slot = this.#slot();
    this.#cancelTimer = null;
    const { lease } = slot;
    const all = this.#contenders(null);
    const others = all.filter((one) => one.instanceId !== lease?.instanceId);
    const endMs = this.#sinceMs + this.#failures.leaseMs(all.filter(({ isLive }) => isLive));
    const leftMs = endMs - this.#owner.clock.monotonic();
    if (lease && this.#hasHolderCheckedIn && leftMs > 0) {
      this.#wait(leftMs);
      return;
    }
    if (!lease) {
      // The awaited agent did not check in.
      for (const one of others) if (one.isLive && !one.isReachable) this.#miss(one.instanceId, 'suspect');
    } else if (this.#hasHolderCheckedIn) this.#failures.failed(lease.instanceId);
    else this.#miss(lease.instanceId, 'suspect');
    // If it is the only candidate, a slow agent keeps the lease: its tunnel may still be opening.
    if (others.some((one) => one.isReachable || one.isLive)) slot.withdraw();
    this.#owner.evaluate();
  }

  #slot(): TunnelSlot {
    return this.#owner.tunnels.slot();
  }

  #stopTimer(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
  }
}
