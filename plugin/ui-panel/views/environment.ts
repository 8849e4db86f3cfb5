import { css, html, LitElement, type TemplateResult } from 'lit';
import type { EnvironmentView, HubEvent, SnapshotView } from '../../api.js';
import { ago } from '../ago.js';
import { type ApiClient, ApiError } from '../api-client.js';
import type { HubEvents } from '../hub-events.js';
import { type OpeningProgress, openEnvironment } from '../open-environment.js';
import { signView } from '../sign-view.js';
import { signsOf } from '../signs.js';
import { styles } from '../styles.js';
import './container-list.js';

const KEEP_ALIVE_MS = 60_000;
/** A check-in is no event. */
const LOOK_MS = 10_000;
const STEPS = [
  ['check-in', 'Waiting for the agent’s check-in'],
  ['tunnel', 'Tunnel opening'],
  ['engine', 'Engine answering'],
] as const;

type Phase = 'opening' | 'open' | 'closed';

/** One environment: wakes it, shows how far that is, then its containers; what cannot be woken shows its last snapshot. */
export class EnvironmentElement extends LitElement {
  static override properties = {
    client: { attribute: false },
    events: { attribute: false },
    environment: { attribute: false },
  };
  static override styles = [
    styles,
    css`
      .signs {
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
    `,
  ];
  declare client: ApiClient;
  declare events: HubEvents;
  declare environment: EnvironmentView;
  #phase: Phase = 'closed';
  #progress: OpeningProgress = { step: 'check-in', problem: null };
  #startedMs = 0;
  #error: Error | null = null;
  #snapshot: SnapshotView | null = null;
  #work = new AbortController();
  #timers: ReturnType<typeof setInterval>[] = [];
  #unsubscribe = () => {};

  override connectedCallback(): void {
    super.connectedCallback();
    this.#unsubscribe = this.events.subscribe((event) => this.#apply(event));
    this.#timers = [
      setInterval(() => this.requestUpdate(), 1000),
      setInterval(() => void this.#look(), LOOK_MS),
      setInterval(() => void this.#keepAlive(), KEEP_ALIVE_MS),
    ];
    void this.#open();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#unsubscribe();
    for (const timer of this.#timers) clearInterval(timer);
    this.#work.abort();
  }

  override render(): TemplateResult {
    const { name, problem } = this.environment;
    return html`
      <div class="bar">
        <h2 tabindex="-1">${name}</h2>
        <button type="button" @click=${() => this.dispatchEvent(new CustomEvent('show-list'))}>All environments</button>
      </div>
      <div class="signs">
        ${signsOf(this.environment).map(({ part, mood, words }) => signView(mood, words, part))}
        <span class="soft">Last check-in ${ago(this.environment.lastCheckInAt, Date.now())}</span>
      </div>
      ${problem ? html`<p class="notice bad">${problem.detail} <span class="soft">(${problem.code})</span></p>` : ''}
      ${this.#phase === 'opening' ? this.#opening() : ''}
      ${this.#phase === 'closed' ? this.#closed() : ''}
      ${
        this.#phase === 'open'
          ? html`<fairlead-container-list .client=${this.client} .environmentId=${this.environment.id}
              @connection-lost=${() => void this.#open()}></fairlead-container-list>`
          : ''
      }
    `;
  }

  #opening(): TemplateResult {
    const now = STEPS.findIndex(([step]) => step === this.#progress.step);
    const seconds = Math.floor((performance.now() - this.#startedMs) / 1000);
    return html`<section class="card" aria-label="Connecting">
      <div class="bar">
        <h3>Connecting: ${seconds} s</h3>
        <button type="button" @click=${() => this.#cancel()}>Cancel</button>
      </div>
      <ol>
        ${STEPS.map(([, words], index) => {
          const [mood, state] =
            index < now
              ? (['good', 'done'] as const)
              : index === now
                ? (['busy', 'now'] as const)
                : (['quiet', 'then'] as const);
          return html`<li aria-current=${index === now ? 'step' : 'false'}>${signView(mood, words, `${state}:`)}</li>`;
        })}
      </ol>
      ${this.#progress.problem ? html`<p class="notice bad">${this.#progress.problem.detail}</p>` : ''}
    </section>`;
  }

  #closed(): TemplateResult {
    return html`
      ${this.#error ? html`<p class="notice bad" role="alert">${this.#error.message}</p>` : ''}
      <p><button class="main" type="button" @click=${() => void this.#open()}>Connect</button></p>
      ${
        this.#snapshot
          ? html`<p class="notice">Not connected. This is the snapshot of ${ago(this.#snapshot.takenAt, Date.now())}.</p>
              <fairlead-container-list .snapshot=${this.#snapshot.containers}></fairlead-container-list>`
          : html`<p class="notice">Not connected, and no snapshot of it was taken yet.</p>`
      }
    `;
  }

  async #open(): Promise<void> {
    this.#work.abort();
    this.#work = new AbortController();
    const { signal } = this.#work;
    const { id } = this.environment;
    this.#startedMs = performance.now();
    this.#become('opening');
    const onProgress = (progress: OpeningProgress) => {
      this.#progress = progress;
      this.requestUpdate();
    };
    try {
      await openEnvironment(this.client, id, onProgress, signal);
      this.#become('open');
    } catch (error) {
      if (!this.isConnected || this.#work.signal !== signal) return;
      await this.#showSnapshot(signal.aborted ? null : error);
    }
  }

  #cancel(): void {
    this.#work.abort();
  }

  async #showSnapshot(error: unknown): Promise<void> {
    this.#become('closed', error instanceof Error ? error : null);
    this.#snapshot = await this.client
      .call<SnapshotView>('GET', `/environments/${this.environment.id}/snapshot`)
      .catch(() => null);
    this.requestUpdate();
  }

  async #keepAlive(): Promise<void> {
    if (this.#phase !== 'open') return;
    const path = `/environments/${this.environment.id}/keep-alive`;
    await this.client.call('POST', path).catch(() => undefined);
  }

  #apply(event: HubEvent): void {
    if (event.type === 'environment-changed' && event.data.id === this.environment.id)
      this.environment = { ...this.environment, ...event.data.changes } as EnvironmentView;
    if (event.type === 'environment-removed' && event.data.id === this.environment.id) {
      this.#work.abort();
      this.#become('closed', new ApiError('environment-not-found', 'This environment was deleted', 404));
    }
    if (event.type === 'reset') void this.#look();
  }

  async #look(): Promise<void> {
    if (document.visibilityState !== 'visible') return;
    const { id } = this.environment;
    this.environment = await this.client
      .call<EnvironmentView>('GET', `/environments/${id}`)
      .catch(() => this.environment);
  }

  #become(phase: Phase, error: Error | null = null): void {
    this.#phase = phase;
    this.#error = error;
    this.requestUpdate();
  }
}
