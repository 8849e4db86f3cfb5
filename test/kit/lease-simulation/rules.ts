import { leaderCandidates } from '../../../plugin/server-hooks/live/leader-candidates.js';
import { type Environment, servesSwarm } from '../../../plugin/server-hooks/model/environment.js';
import type { Grant } from '../../../plugin/server-hooks/tunnel/credentials.js';
import type { TunnelSession } from '../../../plugin/server-hooks/tunnel/session.js';
import type { TunnelLease } from '../../../plugin/server-hooks/tunnel/slot.js';
import type { FakeClock } from '../clock/fake-clock.js';
import type { LeaseAgent } from './agent.js';
import type { LeaseHub } from './hub.js';

/** A lease without a tunnel may go to another after this time, ms. */
const LEASE_MS = 5_000;
/** Time for which an agent that opened no tunnel comes after all others, ms. */
const FAILING_MS = 60_000;

/** What the rules check. */
export interface SimulationState {
  readonly hub: LeaseHub;
  readonly clock: FakeClock;
  readonly environment: Environment;
  readonly nodes: ReadonlyMap<string, { readonly isRooted: boolean }>;
}

/** What must hold whatever happens. */
export class LeaseRules {
  readonly #simulation: SimulationState;
  readonly #epochs = new Set<string>();
  readonly #used = new Set<Grant>();
  readonly #tunnels: TunnelSession[] = [];
  /** Monotonic ms at which an agent's lease expired without a tunnel, though it checked in. */
  readonly #failedMs = new Map<string, number>();
  /** The same for agents whose lease was withdrawn; another may hold it before their turn is over. */
  readonly #withdrawnMs = new Map<string, number>();
  #lease: TunnelLease | null = null;
  /** Monotonic ms. */
  #sinceMs = 0;
  /** Monotonic ms at which a tunnel was last open. */
  #stoodMs = 0;
  #hadTunnel = false;
  #hasCheckedIn = false;
  #breach: string | null = null;

  constructor(simulation: SimulationState) {
    this.#simulation = simulation;
  }

  /** Open tunnels of the running hub. */
  openTunnels(purpose?: Grant['purpose']): TunnelSession[] {
    return this.#tunnels.filter(
      ({ end, grant }) => end === null && (purpose === undefined || grant.purpose === purpose),
    );
  }

  /** After a decision, and before each grant within one. */
  changed(): void {
    const slot = this.#simulation.hub.environment.tunnels.peek();
    const before = this.#lease;
    const lease = slot?.lease ?? null;
    if (slot?.state === 'idle') this.#forget();
    if (lease !== before) {
      if (lease && before) this.#preempted(before, lease);
      const now = this.#simulation.clock.monotonic();
      if (before && this.#hasCheckedIn && !this.#hadTunnel && now - this.#sinceMs >= LEASE_MS) {
        this.#failedMs.set(before.instanceId, now);
        if (!lease) this.#withdrawnMs.set(before.instanceId, now);
      }
      this.#sinceMs = now;
      if (lease) this.#must(!this.#epochs.has(lease.epoch), `epoch ${lease.epoch} comes a second time`);
      if (lease) this.#epochs.add(lease.epoch);
    }
    this.#lease = lease;
    if (lease !== before) this.#hadTunnel = this.#hasCheckedIn = false;
    if (slot?.tunnel) {
      this.#hadTunnel = true;
      this.#stoodMs = this.#simulation.clock.monotonic();
      this.#failedMs.delete(slot.tunnel.grant.instanceId);
      this.#withdrawnMs.delete(slot.tunnel.grant.instanceId);
    }
  }

  /** An agent's check-in was evaluated. */
  checkedIn({ id }: LeaseAgent): void {
    const slot = this.#simulation.hub.environment.tunnels.peek();
    const holder = slot?.lease?.instanceId;
    if (holder === id) this.#hasCheckedIn = true;
    if (holder === undefined || holder === id || this.#isFailing(id)) return;
    this.#must(
      this.#rank(id) >= this.#rank(holder),
      `${id} checked in, and ${holder} of a lower rank leads on`,
    );
  }

  /** A tunnel was registered. */
  registered(tunnel: TunnelSession, lease: TunnelLease | null): void {
    const { grant } = tunnel;
    const whose = `${grant.instanceId} with epoch ${grant.epoch}`;
    this.#must(
      lease?.epoch === grant.epoch && lease.instanceId === grant.instanceId,
      `${whose} has no lease`,
    );
    this.#must(grant.epoch.startsWith(`${this.#simulation.hub.bootId}.`), `${whose} is of an earlier hub`);
    this.#must(grant.generation === this.#simulation.environment.generation, `${whose} was revoked`);
    this.#must(!this.#used.has(grant), `${whose} opened two tunnels with one credential`);
    this.#used.add(grant);
    this.#tunnels.push(tunnel);
  }

  /** At rest. @throws Error that names the first breach */
  check(): void {
    const { hub, environment, nodes } = this.#simulation;
    const slot = hub.environment.tunnels.peek();
    const open = this.openTunnels('environment');
    this.#must(open.length <= 1, `${open.length} environment tunnels are open`);
    this.#must(open[0] === (slot?.tunnel ?? undefined), 'the open tunnel is not the one in the slot');
    this.#must(
      !open[0] || open[0].grant.epoch === slot?.lease?.epoch,
      'the tunnel does not belong to the lease',
    );
    this.#must(slot?.state !== 'idle' || slot.lease === null, 'a lease without demand');
    for (const tunnel of this.openTunnels('node')) {
      const place = hub.environment.tunnels.peek(tunnel.grant.instanceId);
      this.#must(place?.tunnel === tunnel, 'two tunnels of one node');
    }
    for (const { id, node } of environment.instances) {
      const isRooted = nodes.get(node?.nodeId ?? '')?.isRooted;
      this.#must(
        !isRooted || !servesSwarm(environment, id),
        `${id} is no manager and gets the Swarm's calls`,
      );
    }
    if (this.#breach !== null) throw new Error(this.#breach);
  }

  /** A hub that stopped in order. */
  stopped(hub: LeaseHub): void {
    this.#must(hub.clock.pending === 0, `${hub.clock.pending} timers are left`);
    this.#must(this.openTunnels().length === 0, 'tunnels are left');
  }

  /** Its hub restarted: what it remembered is lost. */
  restarted(): void {
    this.#lease = null;
    this.#forget();
  }

  /** Whether it may come last. */
  #isFailing(id: string): boolean {
    const failedMs = this.#failedMs.get(id);
    if (failedMs === undefined) return false;
    return this.#stoodMs < failedMs || this.#simulation.clock.monotonic() - failedMs < FAILING_MS;
  }

  #forget(): void {
    this.#failedMs.clear();
    this.#withdrawnMs.clear();
  }

  #preempted(before: TunnelLease, { instanceId }: TunnelLease): void {
    const from = before.instanceId;
    if (!this.#hadTunnel || !this.#simulation.environment.instances.some(({ id }) => id === from)) return;
    this.#must(
      this.#rank(instanceId) < this.#rank(from),
      `${instanceId} replaced its equal as leader: ${from}`,
    );
    const failedMs = this.#withdrawnMs.get(instanceId) ?? Number.NEGATIVE_INFINITY;
    this.#must(
      this.#simulation.clock.monotonic() - failedMs >= FAILING_MS,
      `${instanceId} failed, and broke a working tunnel all the same`,
    );
  }

  #rank(instanceId: string): number {
    const { environment, hub } = this.#simulation;
    const all = leaderCandidates(environment, hub.environment);
    return all.find((one) => one.instanceId === instanceId)?.rank ?? Number.POSITIVE_INFINITY;
  }

  /** Kept until the simulation checks: here the hub's own code would catch an exception. */
  #must(holds: boolean, breach: string): void {
    if (!holds) this.#breach ??= breach;
  }
}
