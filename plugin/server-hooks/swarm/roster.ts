import { isDeepStrictEqual } from 'node:util';
import type { SwarmMember, SwarmReport } from '../../../protocol/messages/agent-calls.js';
import { problem } from '../../../protocol/problems.js';
import type { Clock } from '../../../protocol/time/clock.js';
import { confirmManagers } from '../model/confirm-managers.js';
import { type Environment, type Instance, isManager } from '../model/environment.js';
import type { Store } from '../store/store.js';

/** The environment whose Swarm's nodes are reported. */
export interface RosterOwner {
  /** Undefined once it is deleted. */
  readonly record: Environment | undefined;
  readonly clock: Clock;
  readonly store: Pick<Store, 'update'>;
  /** Called synchronously after each report with changes. */
  evaluate(): void;
  /** Called after `evaluate`. */
  changed(): void;
}

/** Sustained rate of accepted changes, ms… */
const GAP_MS = 1_000;
/** …after a burst: several managers report the same change, and may see it differently. */
const BURST = 10;

interface Reported {
  readonly swarmId: string;
  readonly members: ReadonlyMap<string, SwarmMember>;
  /** Monotonic ms. */
  readonly atMs: number;
}

/**
 * The nodes of one environment's Swarm as its managers report them. In memory, except which nodes are managers: that is
 * on disk, so that a hub restart does not trust an unknown manager on first use again.
 */
export class SwarmRoster {
  readonly #owner: RosterOwner;
  #report: Reported | null = null;
  /** Monotonic ms at which the bucket is full again. */
  #evenMs = 0;

  constructor(owner: RosterOwner) {
    this.#owner = owner;
  }

  /** The nodes by id; null before a manager has reported, and outside a Swarm. */
  get members(): ReadonlyMap<string, SwarmMember> | null {
    return this.#current()?.members ?? null;
  }

  /** Monotonic ms of the last changed report; null: none since the hub started. */
  get reportedMs(): number | null {
    return this.#current()?.atMs ?? null;
  }

  /**
   * Accepts a report; resolves when its managers are on disk.
   * @throws Problem `manager-unconfirmed` (403), `report-too-soon` (429), `store-unwritable` (503)
   */
  async accept(instance: Instance, report: SwarmReport): Promise<void> {
    // Read the current record: the agent may have enrolled again while its report was in flight.
    const environment = this.requireTrusted(instance);
    if (environment.swarm?.id !== report.swarmId) throw problem('manager-unconfirmed');
    const members = new Map(report.nodes.map((node) => [node.id, node]));
    const isChanged = !isDeepStrictEqual(this.members, members);
    if (isChanged) {
      this.#requirePace();
      this.#report = { swarmId: report.swarmId, members, atMs: this.#owner.clock.monotonic() };
    }
    const stored = this.#keepManagers(environment, instance, report);
    if (isChanged) {
      this.#owner.evaluate();
      this.#owner.changed();
    }
    await stored;
  }

  /**
   * Check this before the body of a report is read.
   * @throws Problem `manager-unconfirmed` (403)
   */
  requireTrusted({ id }: Instance): Environment {
    const environment = this.#owner.record;
    const reporter = environment?.instances.find((one) => one.id === id);
    if (!environment || !reporter || !isManager(environment, reporter)) throw problem('manager-unconfirmed');
    return environment;
  }

  /** Drops the report if the environment is another Swarm now. */
  prune(): void {
    if (this.#current()) return;
    this.#report = null;
    this.#evenMs = 0;
  }

  /** A change costs a write and an evaluation of all the environment's agents. */
  #requirePace(): void {
    const now = this.#owner.clock.monotonic();
    const evenMs = Math.max(this.#evenMs, now) + GAP_MS;
    if (evenMs > now + BURST * GAP_MS) {
      throw problem('report-too-soon', { retryAfterSeconds: 1 });
    }
    this.#evenMs = evenMs;
  }

  /** Ignores reports of the environment's previous Swarm. */
  #current(): Reported | null {
    return this.#report && this.#report.swarmId === this.#owner.record?.swarm?.id ? this.#report : null;
  }

  async #keepManagers(environment: Environment, { id }: Instance, report: SwarmReport): Promise<void> {
    const change = (current: Environment) => confirmManagers(current, id, report);
    if (change(environment) !== environment) await this.#owner.store.update(environment.id, change);
  }
}
