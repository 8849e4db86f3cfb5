import './agent-setup/first-contact.js';
import './agent-setup/printed-commands.js';
import './agent-setup/self-test.js';
import { css, html, LitElement, type TemplateResult } from 'lit';
import type {
  CreateEnvironment,
  EnvironmentCreated,
  Fleet,
  SelfTest,
  SelfTestResult,
  SettingsView,
} from '../../api.js';
import type { ApiClient } from '../api/client.js';
import type { HubEvents } from '../api/hub-events.js';
import { FormState } from '../elements/form-state.js';
import { fieldStyles, linesOf, textField } from '../elements/text-field.js';
import { navigate } from '../route.js';
import { styles } from '../styles/shared.js';
import { deriveTunnelAddress } from './agent-setup/derive-tunnel-address.js';
import { knowsCertificate, type SelfTestElement } from './agent-setup/self-test.js';

type Field = 'name' | 'url' | 'tunnelAddress' | 'tags' | 'checkInSeconds';

/** Creates an environment and shows its commands, then waits for the agent and tests the connection. */
export class CreateEnvironmentElement extends LitElement {
  static override properties = { client: { attribute: false }, events: { attribute: false } };
  static override styles = [
    styles,
    fieldStyles,
    css`
      .columns {
        display: grid;
        grid-template-columns: repeat(auto-fit, minmax(min(100%, 20rem), 1fr));
        gap: 1.5rem;
        align-items: start;
        margin: 1rem 0;
      }
      form {
        display: grid;
        gap: 0.9rem;
      }
      form > button {
        justify-self: start;
      }
      details {
        border: 1px solid var(--line);
        border-radius: 0.4rem;
        padding: 0.5rem 0.8rem;
      }
      details .field {
        margin: 0.6rem 0;
      }
      summary {
        cursor: pointer;
        min-height: 1.75rem;
      }
      .notice.check {
        align-items: start;
      }
    `,
  ];
  declare client: ApiClient;
  declare events: HubEvents;
  readonly #form = new FormState<Field>({
    name: '',
    url: '',
    tunnelAddress: '',
    tags: '',
    checkInSeconds: '',
  });
  /** Null: not loaded yet, or not allowed. */
  #fleet: Fleet | null = null;
  #settings: SettingsView | null = null;
  #addresses: SelfTest | null = null;
  /** Whether agents trust the authority of the hub's certificate. Null: unknown, the hub decides. */
  #isTrusted: boolean | null = null;
  /** Whether agents that do not trust it accept any certificate. */
  #acceptsAny = true;
  /** Tunnel address that was filled in automatically. */
  #derivedAddress: string | null = null;
  #created: EnvironmentCreated | null = null;
  #isBusy = false;

  override connectedCallback(): void {
    super.connectedCallback();
    void this.#load();
  }

  override render(): TemplateResult {
    const created = this.#created;
    return html`
      <div class="bar">
        <h2 tabindex="-1">Create environment</h2>
        <button type="button" @click=${() => navigate(this, '')}>All environments</button>
      </div>
      ${
        created
          ? html`
            <p>These commands contain the key of <strong>${created.name}</strong>. They are shown only once.</p>
            <fairlead-printed-commands .commands=${created.commands} .url=${created.url}></fairlead-printed-commands>
            ${this.#caution(created)}
            <fairlead-first-contact .client=${this.client} .events=${this.events} .environment=${created}></fairlead-first-contact>`
          : this.#setup()
      }
    `;
  }

  #setup(): TemplateResult {
    const { fault } = this.#form;
    return html`
      ${fault && fault.field === null ? html`<p class="notice bad" role="alert">${fault.message}</p>` : ''}
      <div class="columns">
        ${this.#fields()}
        <div>
          ${
            this.#addresses
              ? html`<fairlead-self-test .client=${this.client} .addresses=${this.#addresses}
                  @tested=${({ detail }: CustomEvent<SelfTestResult | null>) => this.#tested(detail)}></fairlead-self-test>`
              : ''
          }
          ${this.#isTrusted === false ? this.#insecureChoice() : ''}
        </div>
      </div>
    `;
  }

  #fields(): TemplateResult {
    const onInput = () => this.requestUpdate();
    const onChange = () => this.#test();
    const interval = this.#settings
      ? `Seconds. Default: the setting, ${this.#settings.checkInSeconds} s.`
      : 'Seconds. Default: the setting.';
    return html`<form @submit=${(event: SubmitEvent) => void this.#create(event)}>
      ${textField(this.#form, 'name', { label: 'Name', required: true, maxLength: 100, onInput })}
      ${textField(this.#form, 'url', {
        label: 'URL of this hub, as the agent reaches it',
        type: 'url',
        hint: 'Empty: from the settings, or the URL of this page.',
        onInput: () => this.#urlEdited(),
        onChange,
      })}
      ${textField(this.#form, 'tunnelAddress', {
        label: 'Tunnel address, as the agent reaches it',
        hint: 'host:port',
        onInput,
        onChange,
      })}
      <details>
        <summary>Tags and check-in interval</summary>
        ${textField(this.#form, 'tags', { label: 'Tags, one a line', type: 'lines', onInput })}
        ${textField(this.#form, 'checkInSeconds', { label: 'Check-in interval', type: 'number', hint: interval, onInput })}
      </details>
      <button class="main" type="submit" ?disabled=${this.#isBusy}>Create</button>
    </form>`;
  }

  #insecureChoice(): TemplateResult {
    const choose = ({ target }: Event) => {
      this.#acceptsAny = (target as HTMLInputElement).checked;
      this.requestUpdate();
    };
    return html`<label class="check notice">
      <input type="checkbox" name="insecurePoll" .checked=${this.#acceptsAny} @change=${choose}>
      <span>The agent accepts any certificate of the hub (EDGE_INSECURE_POLL=1). Without this it needs the hub’s CA, as
        EDGE_CA_FILE. Tunnels are always pinned.</span>
    </label>`;
  }

  #caution({ url }: EnvironmentCreated): TemplateResult | string {
    if (this.#isTrusted !== false || this.#acceptsAny) return '';
    return html`<p class="notice">Agents do not trust the authority of this hub’s certificate: save
      <code>${url}/api/ca.pem</code> on the remote machine, and pass it to the container as EDGE_CA_FILE.</p>`;
  }

  async #load(): Promise<void> {
    const get = <T>(path: string) => this.client.call<T>('GET', path).catch(() => null);
    [this.#fleet, this.#settings] = await Promise.all([get<Fleet>('/fleet'), get<SettingsView>('/settings')]);
    if (this.#fleet) {
      const { url, tunnelAddress } = this.#fleet.agentDefaults;
      for (const [name, value] of [
        ['url', url],
        ['tunnelAddress', tunnelAddress],
      ] as const)
        if (this.#form.value(name) === '') this.#form.set(name, value);
    }
    this.#addresses = this.#given;
    this.requestUpdate();
  }

  /** The tunnel address follows the URL's host until it is edited. */
  #urlEdited(): void {
    const defaults = this.#fleet?.agentDefaults;
    const derived = defaults && deriveTunnelAddress(this.#form.value('url'), defaults);
    if (derived && this.#form.value('tunnelAddress') === (this.#derivedAddress ?? defaults?.tunnelAddress)) {
      this.#form.set('tunnelAddress', derived);
      this.#derivedAddress = derived;
    }
    this.requestUpdate();
  }

  get #given(): SelfTest {
    const [url, tunnelAddress] = [this.#form.value('url').trim(), this.#form.value('tunnelAddress').trim()];
    return { ...(url && { url }), ...(tunnelAddress && { tunnelAddress }) };
  }

  #test(): void {
    this.#addresses = this.#given;
    const test = this.#selfTest;
    if (test) {
      test.addresses = this.#addresses;
      test.run();
    }
  }

  get #selfTest(): SelfTestElement | null {
    return this.renderRoot.querySelector<SelfTestElement>('fairlead-self-test');
  }

  #tested(result: SelfTestResult | null): void {
    this.#isTrusted = knowsCertificate(result);
    this.requestUpdate();
  }

  async #create(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    this.#isBusy = true;
    this.#form.fault = null;
    this.requestUpdate();
    const interval = this.#form.value('checkInSeconds');
    // Send the tested values; the commands depend on the test of the certificate.
    const given: CreateEnvironment = {
      name: this.#form.value('name'),
      ...this.#given,
      tags: linesOf(this.#form.value('tags')),
      ...(interval && { checkInSeconds: Number(interval) }),
    };
    await this.#selfTest?.settled;
    const insecurePoll = this.#isTrusted === null ? undefined : !this.#isTrusted && this.#acceptsAny;
    const body = { ...given, insecurePoll };
    try {
      this.#created = await this.client.call<EnvironmentCreated>('POST', '/environments', { body });
    } catch (error) {
      this.#form.refuse(error, { 'name-taken': 'name' });
    }
    this.#isBusy = false;
    this.requestUpdate();
  }
}
