import { css, html, LitElement, type TemplateResult } from 'lit';
import type { EnvironmentView, HubEvent } from '../../../api.js';
import { type ApiClient, ApiError } from '../../api/client.js';
import type { HubEvents } from '../../api/hub-events.js';
import { Subscription } from '../../elements/controllers/subscription.js';
import { defineElement } from '../../elements/define-element.js';
import { EngineClient } from '../../engine/client.js';
import { type OpeningProgress, openEnvironment } from '../../engine/open-environment.js';
import { statusBadge, type Tone } from '../../format/status-badge.js';
import { environmentPath, navigate } from '../../route.js';
import { styles } from '../../styles/shared.js';
import { type Explanation, explainOpening } from './explain-opening.js';

/** Time for an agent to get the request, open the tunnel, and call its engine. */
const TRIAL_MS = 60_000;
const STEPS = [
  ['check-in', 'The agent checks in.', 'Waiting for the agent to check in …'],
  ['tunnel', 'The tunnel opens.', 'Opening the tunnel …'],
  ['engine', 'The engine answers.', 'Calling the engine …'],
] as const;

type Trial =
  | { readonly state: 'waiting' | 'fine' }
  | { readonly state: 'running'; readonly progress: OpeningProgress }
  | { readonly state: 'failed'; readonly step: OpeningProgress['step']; readonly why: Explanation };

/** Waits for the first check-in of an environment, opens it once as a test, and shows the step that failed. */
export class FirstContactElement extends LitElement {
  static override properties = {
    client: { attribute: false },
    events: { attribute: false },
    environment: { attribute: false },
    trial: { state: true },
  };
  static override styles = [
    styles,
    css`
      ol {
        list-style: none;
        margin: 0.6rem 0;
        padding: 0;
        display: grid;
        gap: 0.3rem;
      }
      .badge {
        white-space: normal;
      }
    `,
  ];
  declare client: ApiClient;
  declare events: HubEvents;
  declare environment: EnvironmentView;
  declare private trial: Trial;
  #work: AbortController | null = null;

  constructor() {
    super();
    this.trial = { state: 'waiting' };
    new Subscription(this, () => this.events.subscribe((event) => void this.#apply(event)));
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#work?.abort();
  }

  override render(): TemplateResult {
    const { id, associatedAt } = this.environment;
    const { trial } = this;
    const tone = trial.state === 'fine' ? 'good' : trial.state === 'failed' ? 'bad' : '';
    return html`<div class="notice ${tone}">
      <div role="status"><ol>${STEPS.map((_, index) => html`<li>${this.#step(index)}</li>`)}</ol></div>
      ${this.#explanation()}
      <p class="tools">
        ${trial.state === 'failed' ? html`<button type="button" @click=${() => void this.#runTrial()}>Test again</button>` : ''}
        ${
          associatedAt === null
            ? ''
            : html`<button class="main" type="button" @click=${() => navigate(this, environmentPath(id))}>Open the environment</button>`
        }
      </p>
    </div>`;
  }

  #step(index: number): TemplateResult {
    const { trial } = this;
    const step =
      trial.state === 'running' ? trial.progress.step : trial.state === 'failed' ? trial.step : 'check-in';
    // An agent that has a tunnel request has checked in.
    const isSeen = trial.state === 'running' || (trial.state === 'failed' && this.#isOnline);
    const at = Math.max(
      isSeen ? 1 : 0,
      STEPS.findIndex(([name]) => name === step),
    );
    const now = trial.state === 'fine' ? STEPS.length : at;
    const [, done, doing] = STEPS[index] ?? STEPS[0];
    const [tone, label]: [Tone, string] =
      index < now
        ? ['good', done]
        : index > now
          ? ['quiet', `Then: ${done.toLowerCase()}`]
          : trial.state === 'failed'
            ? ['bad', `Not yet: ${done.toLowerCase()}`]
            : ['busy', doing];
    return statusBadge(tone, label);
  }

  #explanation(): TemplateResult | string {
    const { lastRefusal } = this.environment;
    const why =
      this.trial.state === 'failed'
        ? this.trial.why
        : this.trial.state === 'waiting' && lastRefusal
          ? explainOpening('refused', lastRefusal.code)
          : null;
    if (why === null) return this.trial.state === 'fine' ? 'Everything works.' : '';
    return html`<p role="alert"><strong>${why.title}</strong> ${why.nextStep} <span class="soft">(${why.code})</span></p>`;
  }

  get #isOnline(): boolean {
    return this.environment.status === 'online' || this.environment.status === 'degraded';
  }

  async #apply(event: HubEvent): Promise<void> {
    const { id } = this.environment;
    if (event.type === 'environment-changed' && event.data.id === id)
      this.environment = { ...this.environment, ...event.data.changes } as EnvironmentView;
    if (event.type === 'environment-removed' && event.data.id === id)
      this.#fail('check-in', 'environment-not-found');
    if (event.type === 'reset')
      this.environment = await this.client
        .call<EnvironmentView>('GET', `/environments/${id}`)
        .catch(() => this.environment);
    if (this.#isOnline && this.trial.state === 'waiting' && this.isConnected) await this.#runTrial();
  }

  async #runTrial(): Promise<void> {
    this.#work?.abort();
    const work = new AbortController();
    this.#work = work;
    let progress: OpeningProgress = { step: 'check-in', problem: null };
    let problem: string | null = null;
    const timer = setTimeout(() => work.abort(), TRIAL_MS);
    const onProgress = (next: OpeningProgress) => {
      progress = next;
      this.trial = { state: 'running', progress };
      // The agent keeps trying, but show its problem now.
      if (!next.problem || !/^(hub|proxy|tunnel)-/.test(next.problem.code)) return;
      problem = next.problem.code;
      work.abort();
    };
    try {
      await openEnvironment(new EngineClient(this.client, this.environment.id), onProgress, work.signal);
      if (this.#work === work) this.trial = { state: 'fine' };
    } catch (error) {
      if (this.#work !== work || !this.isConnected) return;
      const code = problem ?? (error instanceof ApiError ? error.code : null);
      this.#fail(problem === null ? progress.step : 'tunnel', code);
    } finally {
      clearTimeout(timer);
    }
  }

  #fail(step: OpeningProgress['step'], code: string | null): void {
    // An online agent has checked in: the tunnel is late.
    const at = step === 'check-in' && this.#isOnline ? 'tunnel' : step;
    this.trial = { state: 'failed', step: at, why: explainOpening(at, code) };
  }
}

defineElement('fairlead-first-contact', FirstContactElement);
