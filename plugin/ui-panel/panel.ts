import { css, html, LitElement, type PropertyValues, type TemplateResult } from 'lit';
import { keyed } from 'lit/directives/keyed.js';
import { ApiClient } from './api-client.js';
import { defineElement } from './define-element.js';
import { HubEvents } from './hub-events.js';
import { pageScripts } from './page-scripts.js';
import { parseRoute } from './route.js';
import { styles } from './styles.js';
import { CreateEnvironmentElement } from './views/create-environment.js';
import { EditEnvironmentElement } from './views/edit-environment.js';
import { EnvironmentElement } from './views/environment.js';
import { EnvironmentListElement } from './views/environment-list.js';
import { SettingsElement } from './views/settings.js';

/**
 * `<fairlead-panel>`: everything an operator does, for any dashboard's page. It starts when it is put into a page, and
 * ends all that it began when it is taken out. Tells `fairlead-unauthorized` when the hub does not know the caller any more, and
 * `fairlead-navigate` with the new `path` when somebody goes elsewhere in it.
 */
export class FairleadPanel extends LitElement {
  static override properties = {
    baseUrl: { attribute: 'base-url' },
    getToken: { attribute: false },
    path: { attribute: false },
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
  /** What is shown, such as `environments/5/images`: a host may keep it in its own address. Default: the list. */
  declare path: string;
  /** Default `auto`: as the browser prefers. */
  declare theme: 'auto' | 'light' | 'dark';
  #client: ApiClient | null = null;
  #events: HubEvents | null = null;
  #hasToken = false;
  #isLive = true;

  constructor() {
    super();
    this.path = '';
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

  /** No call goes out before the page could say who makes it. */
  protected override async scheduleUpdate(): Promise<void> {
    if (!this.hasUpdated) await pageScripts();
    super.scheduleUpdate();
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (this.#client && !changed.has('baseUrl') && this.#hasToken === Boolean(this.getToken)) return;
    this.#events?.stop();
    const { baseUrl } = this;
    this.#hasToken = Boolean(this.getToken);
    // A host may give another function at each of its own updates: it is not another hub.
    const getToken = this.getToken && (() => this.getToken?.() ?? '');
    const onUnauthorized = () =>
      this.dispatchEvent(new CustomEvent('fairlead-unauthorized', { bubbles: true, composed: true }));
    this.#client = new ApiClient({ baseUrl, getToken, onUnauthorized });
    this.#events = new HubEvents(this.#client, {
      onLive: (isLive) => {
        this.#isLive = isLive;
        this.requestUpdate();
      },
    });
    this.#isLive = true;
    if (this.isConnected) this.#events.start();
  }

  override render(): TemplateResult {
    return html`
      ${this.#isLive ? '' : html`<p class="notice bad" role="alert">The hub cannot be reached: what is shown may be out of date. Trying again …</p>`}
      <div class="view" @navigate=${(event: CustomEvent<string>) => this.#navigate(event)}>
      ${keyed(this.#client, this.#view())}
    </div>`;
  }

  #view(): TemplateResult {
    const [client, events, route] = [this.#client, this.#events, parseRoute(this.path)];
    switch (route.name) {
      case 'create':
        return html`<fairlead-create-environment .client=${client} .events=${events}></fairlead-create-environment>`;
      case 'settings':
        return html`<fairlead-settings .client=${client} .events=${events}></fairlead-settings>`;
      case 'edit':
        return html`${keyed(
          route.id,
          html`<fairlead-edit-environment .client=${client} .events=${events} .environmentId=${route.id}></fairlead-edit-environment>`,
        )}`;
      case 'environment':
        return html`${keyed(
          route.id,
          html`<fairlead-environment .client=${client} .events=${events} .environmentId=${route.id} .node=${route.node}
            .section=${route.section}></fairlead-environment>`,
        )}`;
      default:
        return html`<fairlead-environment-list .client=${client} .events=${events}></fairlead-environment-list>`;
    }
  }

  /** Who uses a keyboard or a screen reader is at the new view's heading then. */
  async #navigate(event: CustomEvent<string>): Promise<void> {
    event.stopPropagation();
    const before = this.#shown;
    this.path = event.detail;
    this.dispatchEvent(
      new CustomEvent('fairlead-navigate', { detail: event.detail, bubbles: true, composed: true }),
    );
    await this.updateComplete;
    const shown = this.#shown;
    if (shown === before || !(shown instanceof LitElement)) return;
    await shown.updateComplete;
    shown.renderRoot.querySelector('h2')?.focus();
  }

  get #shown(): Element | null {
    return this.renderRoot.querySelector('.view')?.firstElementChild ?? null;
  }
}

defineElement('fairlead-environment-list', EnvironmentListElement);
defineElement('fairlead-create-environment', CreateEnvironmentElement);
defineElement('fairlead-edit-environment', EditEnvironmentElement);
defineElement('fairlead-environment', EnvironmentElement);
defineElement('fairlead-settings', SettingsElement);
