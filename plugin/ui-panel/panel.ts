import { css, html, LitElement, type PropertyValues, type TemplateResult } from 'lit';
import type { EnvironmentView } from '../api.js';
import { ApiClient } from './api-client.js';
import { defineElement } from './define-element.js';
import { HubEvents } from './hub-events.js';
import { styles } from './styles.js';
import { CreateEnvironmentElement } from './views/create-environment.js';
import { EnvironmentElement } from './views/environment.js';
import { EnvironmentListElement } from './views/environment-list.js';

type View =
  | { readonly name: 'list' }
  | { readonly name: 'create' }
  | { readonly name: 'environment'; readonly environment: EnvironmentView };

/**
 * `<fairlead-panel>`: everything an operator does, for any dashboard's page. It starts when it is put into a page, and
 * ends all that it began when it is taken out. Tells `fairlead-unauthorized` when the hub does not know the caller any more.
 */
export class FairleadPanel extends LitElement {
  static override properties = {
    baseUrl: { attribute: 'base-url' },
    getToken: { attribute: false },
    theme: { reflect: true },
  };
  static override styles = [
    styles,
    css`
      :host {
        color-scheme: light dark;
        background: var(--ground);
        padding: 1rem 0;
        font-family: inherit;
        line-height: 1.5;
        min-width: 0;
      }
      :host([theme='light']) {
        color-scheme: light;
      }
      :host([theme='dark']) {
        color-scheme: dark;
      }
    `,
  ];
  /** Mount of the plugin. Default: `/edge`. */
  declare baseUrl: string;
  /** Gives the bearer token of each call. Without it the session cookie is sent. */
  declare getToken: (() => string | Promise<string>) | undefined;
  /** Default `auto`: as the browser prefers. */
  declare theme: 'auto' | 'light' | 'dark';
  #client: ApiClient | null = null;
  #events: HubEvents | null = null;
  #view: View = { name: 'list' };

  constructor() {
    super();
    this.baseUrl = '/edge';
    this.theme = 'auto';
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#events?.start();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#events?.stop();
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (this.#client && !changed.has('baseUrl') && !changed.has('getToken')) return;
    this.#events?.stop();
    const { baseUrl, getToken } = this;
    const onUnauthorized = () =>
      this.dispatchEvent(new CustomEvent('fairlead-unauthorized', { bubbles: true, composed: true }));
    this.#client = new ApiClient({ baseUrl, getToken, onUnauthorized });
    this.#events = new HubEvents(this.#client);
    if (this.isConnected) this.#events.start();
    this.#view = { name: 'list' };
  }

  override render(): TemplateResult {
    const [client, events] = [this.#client, this.#events];
    const open = ({ detail }: CustomEvent<EnvironmentView>) =>
      this.#show({ name: 'environment', environment: detail });
    const list = () => this.#show({ name: 'list' });
    switch (this.#view.name) {
      case 'list':
        return html`<fairlead-environment-list .client=${client} .events=${events} @open-environment=${open}
          @create-environment=${() => this.#show({ name: 'create' })}></fairlead-environment-list>`;
      case 'create':
        return html`<fairlead-create-environment .client=${client} .events=${events} @open-environment=${open}
          @show-list=${list}></fairlead-create-environment>`;
      case 'environment':
        return html`<fairlead-environment .client=${client} .events=${events} .environment=${this.#view.environment}
          @show-list=${list}></fairlead-environment>`;
    }
  }

  /** Who uses a keyboard or a screen reader is at the new view's heading then. */
  async #show(view: View): Promise<void> {
    this.#view = view;
    this.requestUpdate();
    await this.updateComplete;
    const shown = this.renderRoot.firstElementChild;
    if (!(shown instanceof LitElement)) return;
    await shown.updateComplete;
    shown.renderRoot.querySelector('h2')?.focus();
  }
}

defineElement('fairlead-environment-list', EnvironmentListElement);
defineElement('fairlead-create-environment', CreateEnvironmentElement);
defineElement('fairlead-environment', EnvironmentElement);
