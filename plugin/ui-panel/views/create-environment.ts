import { css, html, LitElement, type TemplateResult } from 'lit';
import type { EnvironmentCreated, EnvironmentView, HubEvent } from '../../api.js';
import type { ApiClient } from '../api-client.js';
import type { HubEvents } from '../hub-events.js';
import { navigate } from '../navigate.js';
import { environmentPath } from '../route.js';
import { signView } from '../sign-view.js';
import { styles } from '../styles.js';

const TABS = [
  ['standalone', 'Docker', 'Run it on the remote machine.'],
  ['swarm', 'Swarm', 'Run it on a manager.'],
  ['stack', 'Stack file', 'For docker stack deploy, on a manager.'],
  ['podman', 'Podman', 'Run it on the remote machine.'],
] as const;

/** Name in, command out, then waits for the agent. */
export class CreateEnvironmentElement extends LitElement {
  static override properties = { client: { attribute: false }, events: { attribute: false } };
  static override styles = [
    styles,
    css`
      form {
        display: grid;
        gap: 0.8rem;
        max-width: 32rem;
        margin: 1rem 0;
      }
      form button {
        justify-self: start;
      }
      [role='tablist'] {
        display: flex;
        flex-wrap: wrap;
        gap: 0.4rem;
        margin: 1rem 0 0.6rem;
      }
      pre {
        margin: 0.5rem 0;
        max-height: 20rem;
        white-space: pre-wrap;
        overflow-wrap: anywhere;
      }
    `,
  ];
  declare client: ApiClient;
  declare events: HubEvents;
  #created: EnvironmentCreated | null = null;
  #view: EnvironmentView | null = null;
  #tab: (typeof TABS)[number][0] = 'standalone';
  #copied = '';
  #error: Error | null = null;
  #isBusy = false;
  #unsubscribe = () => {};

  override connectedCallback(): void {
    super.connectedCallback();
    this.#unsubscribe = this.events.subscribe((event) => void this.#apply(event));
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#unsubscribe();
  }

  override render(): TemplateResult {
    return html`
      <div class="bar">
        <h2 tabindex="-1">Create environment</h2>
        <button type="button" @click=${() => navigate(this, '')}>All environments</button>
      </div>
      ${this.#error ? html`<p class="notice bad" role="alert">${this.#error.message}</p>` : ''}
      ${this.#created && this.#view ? this.#commands(this.#created, this.#view) : this.#form()}
    `;
  }

  #form(): TemplateResult {
    return html`<form @submit=${(event: SubmitEvent) => void this.#create(event)}>
      <label>Name<input name="name" required maxlength="100" autocomplete="off"></label>
      <label>URL of this hub, as the agent reaches it
        <input name="url" type="url" placeholder="As in the settings, else as this page reaches it">
      </label>
      <button class="main" type="submit" ?disabled=${this.#isBusy}>Create</button>
    </form>`;
  }

  #commands({ commands }: EnvironmentCreated, view: EnvironmentView): TemplateResult {
    const [, title, where] = TABS.find(([tab]) => tab === this.#tab) ?? TABS[0];
    const text = commands[this.#tab];
    return html`
      <p>The key of <strong>${view.name}</strong> is in these commands. They are shown this once.</p>
      <div role="tablist" aria-label="How the agent is started" @keydown=${(event: KeyboardEvent) => this.#move(event)}>
        ${TABS.map(
          ([tab, words]) => html`<button type="button" role="tab" id=${tab} aria-controls="command"
            aria-selected=${tab === this.#tab} tabindex=${tab === this.#tab ? 0 : -1} @click=${() => this.#select(tab)}>${words}</button>`,
        )}
      </div>
      <div role="tabpanel" id="command" aria-labelledby=${this.#tab}>
        <div class="bar">
          <span class="soft">${where}</span>
          <button type="button" aria-label=${`Copy the command for ${title}`} @click=${() => void this.#copy(text)}>Copy</button>
        </div>
        <pre tabindex="0">${text}</pre>
        <span class="soft" role="status">${this.#copied}</span>
      </div>
      ${this.#waiting(view)}
    `;
  }

  #waiting(view: EnvironmentView): TemplateResult {
    const isOnline = view.status === 'online' || view.status === 'degraded';
    const hasCome = view.associatedAt !== null;
    const [mood, words] = isOnline
      ? (['good', 'The agent checks in.'] as const)
      : hasCome
        ? (['bad', 'The agent came, and does not check in now.'] as const)
        : (['busy', 'Waiting for the agent to check in …'] as const);
    const open = () => navigate(this, environmentPath(view.id));
    return html`<div class="notice ${isOnline ? 'good' : ''}" role="status">
      ${signView(mood, words)}
      ${view.problem ? html`<p>${view.problem.detail}</p>` : ''}
      ${hasCome ? html`<p><button class="main" type="button" @click=${open}>Open ${view.name}</button></p>` : ''}
    </div>`;
  }

  async #create(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const form = new FormData(event.target as HTMLFormElement);
    const url = String(form.get('url'));
    const body = { name: String(form.get('name')), ...(url && { url }) };
    this.#isBusy = true;
    this.requestUpdate();
    try {
      this.#created = await this.client.call<EnvironmentCreated>('POST', '/environments', { body });
      this.#view = this.#created;
      this.#error = null;
    } catch (error) {
      this.#error = error instanceof Error ? error : new Error(String(error));
    }
    this.#isBusy = false;
    this.requestUpdate();
  }

  async #apply(event: HubEvent): Promise<void> {
    if (!this.#view) return;
    const { id } = this.#view;
    if (event.type === 'environment-changed' && event.data.id === id)
      this.#view = { ...this.#view, ...event.data.changes } as EnvironmentView;
    if (event.type === 'reset')
      this.#view = await this.client
        .call<EnvironmentView>('GET', `/environments/${id}`)
        .catch(() => this.#view);
    this.requestUpdate();
  }

  async #copy(text: string): Promise<void> {
    this.#copied = await navigator.clipboard.writeText(text).then(
      () => 'Copied.',
      () => 'The browser does not let this page copy: select the text.',
    );
    this.requestUpdate();
  }

  #select(tab: (typeof TABS)[number][0]): void {
    this.#tab = tab;
    this.#copied = '';
    this.requestUpdate();
  }

  #move(event: KeyboardEvent): void {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? TABS.length - 1 : 0;
    if (step === 0) return;
    const index = TABS.findIndex(([tab]) => tab === this.#tab);
    const [next] = TABS[(index + step) % TABS.length] ?? TABS[0];
    this.#select(next);
    this.renderRoot.querySelector<HTMLElement>(`#${next}`)?.focus();
  }
}
