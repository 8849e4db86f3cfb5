import { css, html, LitElement, type PropertyValues, type TemplateResult } from 'lit';
import { keyed } from 'lit/directives/keyed.js';
import { ApiClient } from './api/client.js';
import { HubEvents } from './api/hub-events.js';
import { defineElement } from './elements/define-element.js';
import { parseRoute } from './route.js';
import { styles } from './styles/shared.js';
import { ConnectClientElement } from './views/connect-client.js';
import { CreateEnvironmentElement } from './views/create-environment.js';
import { EditEnvironmentElement } from './views/edit-environment.js';
import { EnvironmentElement } from './views/environment.js';
import { EnvironmentListElement } from './views/environment-list.js';
import { SettingsElement } from './views/settings.js';

/**
 * `<fairlead-panel>`: the operator's UI, for any dashboard's page. It starts when inserted into a page, and stops all
 * activity when removed. Dispatches `fairlead-unauthorized` when the hub does not accept the caller any more, and
 * `fairlead-navigate` with the new `path` after navigation.
 */
export class FairleadPanel extends LitElement {
  static override properties = {
    baseUrl: { attribute: 'base-url' },
    getToken: { attribute: false },
    path: { attribute: false },
    theme: { reflect: true },
    isLive: { state: true },
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
  /** Returns the bearer token of each call. Without it the session cookie is sent. */
  declare getToken: (() => string | Promise<string>) | undefined;
  /** Current path, such as `environments/5/images`: a host may keep it in its own URL. Default: the list. */
  declare path: string;
  /** Default `auto`: the browser's preference. */
  declare theme: 'auto' | 'light' | 'dark';
  /** Whether the hub can be reached. */
  declare private isLive: boolean;
  #client: ApiClient | null = null;
  #events: HubEvents | null = null;
  #hasToken = false;

  constructor() {
    super();
    this.path = '';
    this.baseUrl = '/edge';
    this.theme = 'auto';
    this.isLive = true;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#events?.start();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#events?.stop();
  }

  /** No calls before the page could set `getToken`. */
  protected override async scheduleUpdate(): Promise<void> {
    if (!this.hasUpdated) await pageScripts();
    super.scheduleUpdate();
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (this.#client && !changed.has('baseUrl') && this.#hasToken === Boolean(this.getToken)) return;
    this.#events?.stop();
    const { baseUrl } = this;
    this.#hasToken = Boolean(this.getToken);
    // A host may pass a new function at each update: it is the same hub.
    const getToken = this.getToken && (() => this.getToken?.() ?? '');
    const onUnauthorized = () =>
      this.dispatchEvent(new CustomEvent('fairlead-unauthorized', { bubbles: true, composed: true }));
    this.#client = new ApiClient({ baseUrl, getToken, onUnauthorized });
    this.#events = new HubEvents(this.#client, {
      onLive: (isLive) => {
        this.isLive = isLive;
      },
    });
    this.isLive = true;
    if (this.isConnected) this.#events.start();
  }

  override render(): TemplateResult {
    return html`
      ${this.isLive ? '' : html`<p class="notice bad" role="alert">The hub is unreachable: data may be out of date. Retrying …</p>`}
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
      case 'clients':
        return html`${keyed(
          route.id,
          html`<fairlead-connect-client .client=${client} .environmentId=${route.id}></fairlead-connect-client>`,
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

  /** Focuses the new view's heading, for keyboards and screen readers. */
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
defineElement('fairlead-connect-client', ConnectClientElement);
defineElement('fairlead-create-environment', CreateEnvironmentElement);
defineElement('fairlead-edit-environment', EditEnvironmentElement);
defineElement('fairlead-environment', EnvironmentElement);
defineElement('fairlead-settings', SettingsElement);

/**
 * Resolves when the page's scripts and the current turn have run: pages set properties such as `getToken` after they
 * insert the element.
 */
export async function pageScripts(): Promise<void> {
  const [navigation] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[];
  const hasLoaded = document.readyState === 'complete' || (navigation?.domContentLoadedEventStart ?? 0) > 0;
  if (!hasLoaded)
    await new Promise((resolve) => document.addEventListener('DOMContentLoaded', resolve, { once: true }));
  await new Promise((resolve) => setTimeout(resolve));
}
