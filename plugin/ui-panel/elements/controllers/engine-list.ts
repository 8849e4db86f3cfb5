import { html, type ReactiveControllerHost, type TemplateResult } from 'lit';
import type { SnapshotView } from '../../../api.js';
import { ApiError } from '../../api/client.js';
import type { EngineClient } from '../../engine/client.js';
import { type EngineSource, hubNow, type LiveEngine } from '../../engine/source.js';
import { ago } from '../../format/time.js';
import { LiveList, type LiveListOptions } from './live-list.js';

/**
 * A live list that may need a Swarm's manager. While none is online, it has the last snapshot's rows, read-only, and a
 * notice with their age.
 */
export class EngineList<R> {
  readonly #list: LiveList<R>;
  readonly #host: { readonly source: EngineSource };
  readonly #options: LiveListOptions<R>;
  /** Null: a manager responded. */
  #outage: { readonly error: ApiError; readonly takenAt: string | null } | null = null;

  constructor(host: ReactiveControllerHost & { readonly source: EngineSource }, options: LiveListOptions<R>) {
    this.#host = host;
    this.#options = options;
    this.#list = new LiveList(host, {
      ...options,
      list: (live, signal) => this.#load(live, signal),
    });
  }

  /** Null: not known yet. */
  get rows(): readonly R[] | null {
    return this.#list.rows;
  }
  get error(): Error | null {
    return this.#list.error;
  }
  /** The engine for actions on the rows; null: read-only. */
  get engine(): EngineClient | null {
    return 'engine' in this.#host.source && !this.#outage ? this.#host.source.engine : null;
  }

  refresh(): Promise<void> {
    return this.#list.refresh();
  }

  /** See {@link LiveList.expectChange}. */
  expectChange(): void {
    this.#list.expectChange();
  }

  /** A notice if the rows are from a snapshot. */
  notice(): TemplateResult | '' {
    if (!this.#outage) return '';
    const { error, takenAt } = this.#outage;
    return html`<p class="notice bad" role="status">
      No agent on a manager of this Swarm is online
      <span class="soft">(${error.code})</span>. The data is from the managers’ last snapshot, ${ago(takenAt, hubNow(this.#host.source))}, and
      read-only. Bring a manager and its agent back online. The engines of the other nodes are still reachable.
    </p>`;
  }

  async #load(live: LiveEngine, signal: AbortSignal): Promise<readonly R[]> {
    const { engine } = live;
    try {
      const rows = await this.#options.list(live, signal);
      this.#outage = null;
      return rows;
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== 'swarm-manager-unavailable') throw error;
      const path = `/environments/${engine.environmentId}/snapshot`;
      const snapshot = await engine.client.call<SnapshotView>('GET', path, { signal }).catch(() => null);
      if (!snapshot) throw error;
      this.#outage = { error, takenAt: managerSnapshotAt(snapshot) };
      return this.#options.ofSnapshot(snapshot);
    }
  }
}

/** Time of the last manager's snapshot: other nodes' parts may be newer. */
function managerSnapshotAt({ swarm, nodes = [] }: SnapshotView): string | null {
  const managers = new Set(swarm?.members.filter(({ role }) => role === 'manager').map(({ id }) => id));
  const times = nodes.flatMap(({ id, takenAt }) => (takenAt !== null && managers.has(id) ? takenAt : []));
  return times.sort().at(-1) ?? null;
}
