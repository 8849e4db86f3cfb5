import './node-picker.js';
import { css, html, LitElement, type PropertyValues, type TemplateResult } from 'lit';
import { keyed } from 'lit/directives/keyed.js';
import type { EnvironmentView, HubEvent } from '../../api.js';
import { type ApiClient, ApiError } from '../api/client.js';
import type { HubEvents } from '../api/hub-events.js';
import { Subscription } from '../elements/controllers/subscription.js';
import { tick } from '../elements/controllers/tick.js';
import { type ConnectionState, EngineConnection } from '../engine/connection.js';
import { isOneNode } from '../engine/model/node-name.js';
import type { EngineSource } from '../engine/source.js';
import { errorNotice, toError } from '../format/error.js';
import { problemView } from '../format/problem.js';
import { statusBadge, statusBadges } from '../format/status-badge.js';
import { ago } from '../format/time.js';
import { environmentPath, navigate } from '../route.js';
import { styles } from '../styles/shared.js';
import { connecting, missingNodes } from './connection-progress.js';
import { SECTIONS, type Section } from './sections.js';

const WITHOUT_SNAPSHOT = {
  'asked-for': '; loading its last snapshot',
  none: ', and there is no snapshot of it yet',
  failed: ', and its last snapshot could not be loaded',
} as const;

/** One environment: opens it with progress, then shows its sections; on failure shows its last snapshot. */
export class EnvironmentElement extends LitElement {
  static override properties = {
    client: { attribute: false },
    events: { attribute: false },
    environmentId: { attribute: false },
    node: { attribute: false },
    section: { attribute: false },
    environment: { state: true },
    error: { state: true },
  };
  static override styles = [
    styles,
    css`
      .badges {
        display: flex;
        flex-wrap: wrap;
        gap: 0.3rem 1.2rem;
        margin: 0.6rem 0 1rem;
      }
      ol {
        list-style: none;
        margin: 0.6rem 0;
        padding: 0;
        display: grid;
        gap: 0.3rem;
      }
      .card {
        border: 1px solid var(--line);
        border-radius: 0.5rem;
        padding: 0.9rem 1rem;
        margin-bottom: 1rem;
      }
      nav {
        display: flex;
        flex-wrap: wrap;
        gap: 0.4rem;
        margin: 0 0 1rem;
      }
    `,
  ];
  declare client: ApiClient;
  declare events: HubEvents;
  declare environmentId: number;
  /** See `Route`. */
  declare node: string | null;
  declare section: string;
  /** Null: not known yet. */
  declare private environment: EnvironmentView | null;
  declare private error: Error | null;
  #connection: EngineConnection | null = null;

  constructor() {
    super();
    this.environment = null;
    this.error = null;
    tick(this);
    new Subscription(this, () => this.events.subscribe((event) => this.#apply(event)));
    new Subscription(this, () => this.events.watch([this.environmentId]));
  }

  override connectedCallback(): void {
    super.connectedCallback();
    void this.#refresh();
    // Moved to another place in the page.
    if (this.#connection) void this.#connection.open();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#connection?.close();
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (!changed.has('node') && this.#connection) return;
    this.#connection?.close();
    this.#connection = new EngineConnection(this.client, this.environmentId, this.node, () =>
      this.requestUpdate(),
    );
    void this.#connection.open();
  }

  override render(): TemplateResult {
    const { environment, error } = this;
    return html`
      <div class="bar">
        <h2 tabindex="-1">${environment?.name ?? `Environment ${this.environmentId}`}</h2>
        <span class="tools">
          <button type="button" @click=${() => navigate(this, `environments/${this.environmentId}/clients`)}>Connect a client</button>
          <button type="button" @click=${() => navigate(this, `environments/${this.environmentId}/edit`)}>Edit</button>
          <button type="button" @click=${() => navigate(this, '')}>All environments</button>
        </span>
      </div>
      ${errorNotice(error)}
      ${environment ? this.#shown(environment) : ''}
    `;
  }

  #shown(environment: EnvironmentView): TemplateResult {
    const { problem } = environment;
    const { state } = this.#connection ?? {};
    const pick = ({ detail: node }: CustomEvent<string | null>) =>
      navigate(this, environmentPath(this.environmentId, this.section, node));
    return html`
      <div class="badges">
        ${statusBadges(environment).map(({ aspect, tone, label }) => statusBadge(tone, label, aspect))}
        ${environment.tunnelPath === 'api' ? html`<span class="soft">Tunnel through the API port</span>` : ''}
        <span class="soft">Last check-in ${ago(environment.lastCheckInAt, this.client.hubTime.now())}</span>
      </div>
      ${problem ? problemView(problem) : ''}
      ${
        environment.swarm
          ? html`<fairlead-node-picker .client=${this.client} .environment=${environment} .node=${this.node}
              @pick=${pick}></fairlead-node-picker>`
          : ''
      }
      ${state ? this.#engine(state, environment) : ''}
    `;
  }

  #engine(state: ConnectionState, environment: EnvironmentView): TemplateResult {
    if (state.phase === 'open') return this.#sections(state.source, environment);
    if (state.phase === 'opening') {
      const seconds = Math.floor((performance.now() - state.startedMs) / 1000);
      return connecting(state.progress, seconds, () => void this.#connection?.fail(null));
    }
    const { source, error } = state;
    return html`
      ${error ? html`<div role="alert">${problemView({ code: error instanceof ApiError ? error.code : '', detail: error.message })}</div>` : ''}
      <p><button class="main" type="button" @click=${() => void this.#connection?.open()}>Connect</button></p>
      ${
        typeof source === 'object' && 'snapshot' in source
          ? html`<p class="notice">Not connected. This is the snapshot of ${ago(source.snapshot.takenAt, this.client.hubTime.now())}.</p>
              ${this.#sections(source, environment)}`
          : html`<p class="notice">Not connected${typeof source === 'object' ? '' : WITHOUT_SNAPSHOT[source]}.</p>`
      }
    `;
  }

  #sections(source: EngineSource, environment: EnvironmentView): TemplateResult {
    const sections = SECTIONS.filter(({ isSwarm }) => !isSwarm || environment.swarm !== null);
    // Swarm sections are not of a single node.
    const own = sections.filter(({ isSwarm }) => !isSwarm || !isOneNode(this.node));
    const shown = own.find(({ id }) => id === this.section) ?? own[0];
    const open = (section: Section) =>
      navigate(
        this,
        environmentPath(this.environmentId, section.id, own.includes(section) ? this.node : null),
      );
    return html`
      <nav aria-label="Sections">
        ${sections.map(
          (section) => html`<button type="button" aria-current=${section === shown ? 'page' : 'false'}
            @click=${() => open(section)}>${section.label}</button>`,
        )}
      </nav>
      ${missingNodes(this.#connection?.missing ?? [])}
      ${keyed(source, keyed(shown, shown?.view(source, environment)))}
    `;
  }

  #apply(event: HubEvent): void {
    if (event.type === 'environment-changed' && event.data.id === this.environmentId) {
      if (this.environment)
        this.environment = { ...this.environment, ...event.data.changes } as EnvironmentView;
      else void this.#refresh();
    }
    if (event.type === 'environment-removed' && event.data.id === this.environmentId) {
      this.error = new ApiError('environment-not-found', 'This environment was deleted', 404);
      this.environment = null;
      this.#connection?.close();
    }
    if (event.type === 'reset') void this.#refresh();
  }

  async #refresh(): Promise<void> {
    try {
      this.environment = await this.client.call<EnvironmentView>(
        'GET',
        `/environments/${this.environmentId}`,
      );
      this.error = null;
    } catch (error) {
      this.error = toError(error);
    }
  }
}
