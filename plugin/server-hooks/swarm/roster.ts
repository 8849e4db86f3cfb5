import { isDeepStrictEqual } from 'node:util';
import type { SwarmMember, SwarmReport } from '../../../protocol/messages/agent-calls.js';
import { problem } from '../../../protocol/problems.js';
import type { Clock } from '../../../protocol/time/clock.js';
import { confirmManagers } from '../model/confirm-managers.js';
import { type Environment, type Instance, isManager } from '../model/environment.js';
import type { Store } from '../store/store.js';

export interface SwarmRosterOptions {
  readonly store: Pick<Store, 'environment' | 'update'>;
  /** Called synchronously after each report with changes. */
  readonly onChange: (environmentId: number) => void;
  readonly clock: Clock;
}

/** Sustained rate of changes accepted per environment, ms… */
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
 * The nodes of each Swarm as its managers report them. In memory, except which nodes are managers: that is on disk, so
 * that a hub restart does not trust a stranger on first use again.
 */
export class SwarmRoster {
  readonly #options: SwarmRosterOptions;
  readonly #reports = new Map<number, Reported>();
  /** Monotonic ms at which an environment's bucket is full again. */
  readonly #evenMs = new Map<number, number>();

  constructor(options: SwarmRosterOptions) {
    this.#options = options;
  }

  /** The nodes of an environment's Swarm by id; null before a manager has reported. */
  members(environmentId: number): ReadonlyMap<string, SwarmMember> | null {
    return this.#reportOf(environmentId)?.members ?? null;
  }

  /** The environments with a report. */
  environmentIds(): Iterable<number> {
    return this.#reports.keys();
  }

  /** Monotonic ms of the last changed report; null: none since the hub started. */
  reportedMs(environmentId: number): number | null {
    return this.#reportOf(environmentId)?.atMs ?? null;
  }

  /**
   * Accepts a report; resolves when its managers are on disk.
   * @throws Problem `manager-unconfirmed` (403), `report-too-soon` (429), `store-unwritable` (503)
   */
  async accept(environmentId: number, instance: Instance, report: SwarmReport): Promise<void> {
    const { onChange, clock } = this.#options;
    // Read the current record: the agent may have enrolled again while its report was in flight.
    const environment = this.requireTrusted(environmentId, instance);
    if (environment.swarm?.id !== report.swarmId) throw problem('manager-unconfirmed');
    const members = new Map(report.nodes.map((node) => [node.id, node]));
    const isChanged = !isDeepStrictEqual(this.members(environmentId), members);
    if (isChanged) this.#requirePace(environmentId);
    if (isChanged)
      this.#reports.set(environmentId, { swarmId: report.swarmId, members, atMs: clock.monotonic() });
    const stored = this.#keepManagers(environment, instance, report);
    if (isChanged) onChange(environmentId);
    await stored;
  }

  /**
   * Check this before the body of a report is read.
   * @throws Problem `manager-unconfirmed` (403)
   */
  requireTrusted(environmentId: number, { id }: Instance): Environment {
    const environment = this.#options.store.environment(environmentId);
    const reporter = environment?.instances.find((one) => one.id === id);
    if (!environment || !reporter || !isManager(environment, reporter)) throw problem('manager-unconfirmed');
    return environment;
  }

  /** Drops the report of an environment that was deleted or is another Swarm now. */
  prune(environmentId: number): void {
    if (this.#reportOf(environmentId)) return;
    this.#reports.delete(environmentId);
    this.#evenMs.delete(environmentId);
  }

  /** A change costs a write and an evaluation of all the environment's agents. */
  #requirePace(environmentId: number): void {
    const now = this.#options.clock.monotonic();
    const evenMs = Math.max(this.#evenMs.get(environmentId) ?? 0, now) + GAP_MS;
    if (evenMs > now + BURST * GAP_MS) {
      throw problem('report-too-soon', { retryAfterSeconds: 1 });
    }
    this.#evenMs.set(environmentId, evenMs);
  }

  /** Ignores reports of the environment's previous Swarm. */
  #reportOf(environmentId: number): Reported | null {
    const reported = this.#reports.get(environmentId);
    return reported && reported.swarmId === this.#options.store.environment(environmentId)?.swarm?.id
      ? reported
      : null;
  }

  async #keepManagers(environment: Environment, { id }: Instance, report: SwarmReport): Promise<void> {
    const change = (current: Environment) => confirmManagers(current, id, report);
    if (change(environment) !== environment) await this.#options.store.update(environment.id, change);
  }
}
