import { isDeepStrictEqual } from 'node:util';
import type { SwarmMember, SwarmReport } from '../../../protocol/agent-calls.js';
import type { Clock } from '../../../protocol/clock.js';
import { EdgeError } from '../../../protocol/edge-error.js';
import { type Environment, type Instance, isManager, swarmAuthority } from '../model/environment.js';
import type { Store } from '../store/store.js';

export interface SwarmRosterOptions {
  readonly store: Pick<Store, 'environment' | 'putEnvironment'>;
  /** Called after a report that says something new, synchronously. */
  readonly onChange: (environmentId: number) => void;
  readonly clock: Clock;
}

/** News of one environment that are taken at this pace for long, ms… */
const GAP_MS = 1_000;
/** …after the first few: several managers tell of one change, and not all see it alike. */
const BURST = 10;

interface Reported {
  readonly swarmId: string;
  readonly members: ReadonlyMap<string, SwarmMember>;
  /** Monotonic ms. */
  readonly atMs: number;
}

/**
 * What managers tell of their Swarms: the nodes as the Swarm itself knows them. In memory, but for which nodes are
 * managers: that is on disk, so that a start of the hub is no new first use for a stranger to be trusted by.
 */
export class SwarmRoster {
  readonly #options: SwarmRosterOptions;
  readonly #told = new Map<number, Reported>();
  /** Monotonic ms at which an environment's news would be even with their pace again. */
  readonly #evenMs = new Map<number, number>();

  constructor(options: SwarmRosterOptions) {
    this.#options = options;
  }

  /** The nodes of an environment's Swarm by their ids; null before a manager told them. */
  members(environmentId: number): ReadonlyMap<string, SwarmMember> | null {
    return this.#reportOf(environmentId)?.members ?? null;
  }

  /** The environments that managers told something of. */
  environmentIds(): Iterable<number> {
    return this.#told.keys();
  }

  /** When managers last told something new, monotonic ms; null: not since the hub's start. */
  reportedMs(environmentId: number): number | null {
    return this.#reportOf(environmentId)?.atMs ?? null;
  }

  /**
   * Takes a report in; resolves when what it says about managers is on disk.
   * @throws EdgeError `manager-unconfirmed` (403), `report-too-soon` (429), `store-unwritable` (503)
   */
  async accept(environmentId: number, instance: Instance, report: SwarmReport): Promise<void> {
    const { onChange, clock } = this.#options;
    // As it is now: it may have enrolled again while its report was on the way.
    const environment = this.requireTrusted(environmentId, instance);
    if (environment.swarm?.id !== report.swarmId) throw unconfirmed();
    const members = new Map(report.nodes.map((node) => [node.id, node]));
    const isNews = !isDeepStrictEqual(this.members(environmentId), members);
    if (isNews) this.#requirePace(environmentId);
    if (isNews) this.#told.set(environmentId, { swarmId: report.swarmId, members, atMs: clock.monotonic() });
    const stored = this.#keepManagers(environment, instance, report);
    if (isNews) onChange(environmentId);
    await stored;
  }

  /**
   * To be asked before the body of a report is read.
   * @throws EdgeError `manager-unconfirmed` (403)
   */
  requireTrusted(environmentId: number, { id }: Instance): Environment {
    const environment = this.#options.store.environment(environmentId);
    const reporter = environment?.instances.find((one) => one.id === id);
    if (!environment || !reporter || !isManager(environment, reporter)) throw unconfirmed();
    return environment;
  }

  /** Forgets what was told of an environment that is gone, or another Swarm now. */
  prune(environmentId: number): void {
    if (this.#reportOf(environmentId)) return;
    this.#told.delete(environmentId);
    this.#evenMs.delete(environmentId);
  }

  /** News cost a write, and a look at all of the environment's agents. */
  #requirePace(environmentId: number): void {
    const now = this.#options.clock.monotonic();
    const evenMs = Math.max(this.#evenMs.get(environmentId) ?? 0, now) + GAP_MS;
    if (evenMs > now + BURST * GAP_MS) {
      throw new EdgeError('report-too-soon', 'Managers tell of changes faster than one a second', {
        status: 429,
        retryAfterSeconds: 1,
      });
    }
    this.#evenMs.set(environmentId, evenMs);
  }

  /** Nothing of a Swarm that the environment was before. */
  #reportOf(environmentId: number): Reported | null {
    const told = this.#told.get(environmentId);
    return told && told.swarmId === this.#options.store.environment(environmentId)?.swarm?.id ? told : null;
  }

  async #keepManagers(
    environment: Environment,
    { id }: Instance,
    { swarmId, nodes }: SwarmReport,
  ): Promise<void> {
    const managers = nodes.filter(({ role }) => role === 'manager').map((node) => node.id);
    const known = new Set(environment.swarm?.managers);
    if (managers.length === known.size && managers.every((node) => known.has(node))) return;
    const reported: Environment = { ...environment, swarm: { id: swarmId, managers } };
    const authority = swarmAuthority(environment);
    // A demoted authority must not trust itself again by its own word.
    const isDemoted = authority !== undefined && !isManager(reported, authority);
    const reporter = reported.instances.find((one) => one.id === id);
    const next = isDemoted && reporter && isManager(reported, reporter) ? id : environment.swarmAuthority;
    await this.#options.store.putEnvironment({ ...reported, swarmAuthority: next });
  }
}

function unconfirmed(): EdgeError {
  return new EdgeError('manager-unconfirmed', 'No manager of this Swarm has confirmed this one', {
    status: 403,
  });
}
