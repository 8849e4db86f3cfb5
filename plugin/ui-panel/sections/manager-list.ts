import { html, type ReactiveControllerHost, type TemplateResult } from 'lit';
import type { SnapshotView } from '../../api.js';
import { ago } from '../ago.js';
import { ApiError } from '../api-client.js';
import type { EngineClient } from '../engine/engine-client.js';
import type { EngineSource } from '../engine/engine-source.js';
import { hubNow } from '../engine/hub-now.js';
import { LiveList, type LiveListOptions } from '../engine/live-list.js';

/**
 * What only the managers of a Swarm can tell. While no agent on one is in reach, what the last snapshot has of it, and
 * how old that is: nothing can be done to it then.
 */
export class ManagerList<R> {
  readonly #list: LiveList<R>;
  readonly #host: { readonly source: EngineSource };
  readonly #options: LiveListOptions<R>;
  /** Null: the managers told. */
  #absence: { readonly error: ApiError; readonly takenAt: string | null } | null = null;

  constructor(host: ReactiveControllerHost & { readonly source: EngineSource }, options: LiveListOptions<R>) {
    this.#host = host;
    this.#options = options;
    this.#list = new LiveList(host, {
      ...options,
      list: (live, signal) => this.#ask(live.engine, live, signal),
    });
  }

  /** Null: not known yet. */
  get rows(): readonly R[] | null {
    return this.#list.rows;
  }
  get error(): Error | null {
    return this.#list.error;
  }
  /** The engine through which something can be done to the rows; null: nothing can be. */
  get engine(): EngineClient | null {
    return 'engine' in this.#host.source && !this.#absence ? this.#host.source.engine : null;
  }

  refresh(): Promise<void> {
    return this.#list.refresh();
  }

  /** Says why what is shown is old; '' where it is not. */
  notice(): TemplateResult | '' {
    if (!this.#absence) return '';
    const { error, takenAt } = this.#absence;
    return html`<p class="notice bad" role="status">
      No agent on a manager of this Swarm is in reach, and only managers know this
      <span class="soft">(${error.code})</span>. What is shown is what they told ${ago(takenAt, hubNow(this.#host.source))}; nothing can
      be changed. Bring a manager, and the agent on it, back. The engines of the other nodes are in reach meanwhile.
    </p>`;
  }

  async #ask(
    engine: EngineClient,
    live: Parameters<LiveListOptions<R>['list']>[0],
    signal: AbortSignal,
  ): Promise<readonly R[]> {
    try {
      const rows = await this.#options.list(live, signal);
      this.#absence = null;
      return rows;
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== 'swarm-manager-unavailable') throw error;
      const path = `/environments/${engine.environmentId}/snapshot`;
      const snapshot = await engine.client.call<SnapshotView>('GET', path, { signal }).catch(() => null);
      if (!snapshot) throw error;
      this.#absence = { error, takenAt: toldAt(snapshot) };
      return this.#options.ofSnapshot(snapshot);
    }
  }
}

/** When a manager last told: other nodes' parts of a snapshot may be newer. */
function toldAt({ swarm, nodes = [] }: SnapshotView): string | null {
  const managers = new Set(swarm?.members.filter(({ role }) => role === 'manager').map(({ id }) => id));
  const times = nodes.flatMap(({ id, takenAt }) => (takenAt !== null && managers.has(id) ? takenAt : []));
  return times.sort().at(-1) ?? null;
}
