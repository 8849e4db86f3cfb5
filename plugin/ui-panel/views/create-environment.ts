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
import { AsyncTask } from '../elements/controllers/async-task.js';
import { FormState } from '../elements/form-state.js';
import { linesOf, textField } from '../elements/text-field.js';
import { errorNotice } from '../format/error.js';
import { navigate } from '../route.js';
import { fieldStyles, formStyles } from '../styles/form.js';
import { styles } from '../styles/shared.js';
import { deriveTunnelAddress } from './agent-setup/derive-tunnel-address.js';
import { knowsCertificate, type SelfTestElement } from './agent-setup/self-test.js';

type Field = 'name' | 'url' | 'tunnelAddress' | 'tags' | 'checkInSeconds';

/** Creates an environment and shows its commands, then waits for the agent and tests the connection. */
export class CreateEnvironmentElement extends LitElement {
  static override properties = {
    client: { attribute: false },
    events: { attribute: false },
    fleet: { state: true },
    settings: { state: true },
    addresses: { state: true },
    isTrusted: { state: true },
    acceptsAny: { state: true },
    created: { state: true },
  };
  static override styles = [
    styles,
    fieldStyles,
    formStyles,
    css`
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
  readonly #form = new FormState<Field>(
    {
      name: '',
      url: '',
      tunnelAddress: '',
      tags: '',
      checkInSeconds: '',
    },
    () => this.requestUpdate(),
  );
  /** Null: not loaded yet, or not allowed. */
  declare private fleet: Fleet | null;
  declare private settings: SettingsView | null;
  declare private addresses: SelfTest | null;
  /** Whether agents trust the authority of the hub's certificate. Null: unknown, the hub decides. */
  declare private isTrusted: boolean | null;
  /** Whether agents that do not trust it accept any certificate. */
  declare private acceptsAny: boolean;
  declare private created: EnvironmentCreated | null;
  /** Tunnel address that was filled in automatically. */
  #derivedAddress: string | null = null;
  readonly #task = new AsyncTask(this);

  constructor() {
    super();
    this.fleet = null;
    this.settings = null;
    this.addresses = null;
    this.isTrusted = null;
    this.acceptsAny = true;
    this.created = null;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    void this.#load();
  }

  override render(): TemplateResult {
    const created = this.created;
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
    return html`
      ${errorNotice(this.#form.generalFault)}
      <div class="columns">
        ${this.#fields()}
        <div>
          ${
            this.addresses
              ? html`<fairlead-self-test .client=${this.client} .addresses=${this.addresses}
                  @tested=${({ detail }: CustomEvent<SelfTestResult | null>) => this.#tested(detail)}></fairlead-self-test>`
              : ''
          }
          ${this.isTrusted === false ? this.#insecureChoice() : ''}
        </div>
      </div>
    `;
  }

  #fields(): TemplateResult {
    const onChange = () => this.#test();
    const interval = this.settings
      ? `Seconds. Default: the setting, ${this.settings.checkInSeconds} s.`
      : 'Seconds. Default: the setting.';
    return html`<form @submit=${(event: SubmitEvent) => void this.#create(event)}>
      ${textField(this.#form, 'name', { label: 'Name', required: true, maxLength: 100 })}
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
        onChange,
      })}
      <details>
        <summary>Tags and check-in interval</summary>
        ${textField(this.#form, 'tags', { label: 'Tags, one a line', type: 'lines' })}
        ${textField(this.#form, 'checkInSeconds', { label: 'Check-in interval', type: 'number', hint: interval })}
      </details>
      <button class="main" type="submit" ?disabled=${this.#task.isBusy}>Create</button>
    </form>`;
  }

  #insecureChoice(): TemplateResult {
    const choose = ({ target }: Event) => {
      this.acceptsAny = (target as HTMLInputElement).checked;
    };
    return html`<label class="check notice">
      <input type="checkbox" name="insecurePoll" .checked=${this.acceptsAny} @change=${choose}>
      <span>The agent accepts any certificate of the hub (EDGE_INSECURE_POLL=1). Without this it needs the hub’s CA, as
        EDGE_CA_FILE. Tunnels are always pinned.</span>
    </label>`;
  }

  #caution({ url }: EnvironmentCreated): TemplateResult | string {
    if (this.isTrusted !== false || this.acceptsAny) return '';
    return html`<p class="notice">Agents do not trust the authority of this hub’s certificate: save
      <code>${url}/api/ca.pem</code> on the remote machine, and pass it to the container as EDGE_CA_FILE.</p>`;
  }

  async #load(): Promise<void> {
    const get = <T>(path: string) => this.client.call<T>('GET', path).catch(() => null);
    [this.fleet, this.settings] = await Promise.all([get<Fleet>('/fleet'), get<SettingsView>('/settings')]);
    if (this.fleet) {
      const { url, tunnelAddress } = this.fleet.agentDefaults;
      for (const [name, value] of [
        ['url', url],
        ['tunnelAddress', tunnelAddress],
      ] as const)
        if (value !== null && this.#form.value(name) === '') this.#form.set(name, value);
    }
    this.addresses = this.#given;
  }

  /** The tunnel address follows the URL's host until it is edited. */
  #urlEdited(): void {
    const defaults = this.fleet?.agentDefaults;
    const derived = defaults && deriveTunnelAddress(this.#form.value('url'), defaults);
    if (derived && this.#form.value('tunnelAddress') === (this.#derivedAddress ?? defaults?.tunnelAddress)) {
      this.#form.set('tunnelAddress', derived);
      this.#derivedAddress = derived;
    }
  }

  get #given(): SelfTest {
    const [url, tunnelAddress] = [this.#form.value('url').trim(), this.#form.value('tunnelAddress').trim()];
    return { ...(url && { url }), ...(tunnelAddress && { tunnelAddress }) };
  }

  #test(): void {
    this.addresses = this.#given;
    const test = this.#selfTest;
    if (test) {
      test.addresses = this.addresses;
      test.run();
    }
  }

  get #selfTest(): SelfTestElement | null {
    return this.renderRoot.querySelector<SelfTestElement>('fairlead-self-test');
  }

  #tested(result: SelfTestResult | null): void {
    this.isTrusted = knowsCertificate(result);
  }

  async #create(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    this.#form.fault = null;
    const interval = this.#form.value('checkInSeconds');
    // Send the tested values; the commands depend on the test of the certificate.
    const given: CreateEnvironment = {
      name: this.#form.value('name'),
      ...this.#given,
      tags: linesOf(this.#form.value('tags')),
      ...(interval && { checkInSeconds: Number(interval) }),
    };
    await this.#task.run(
      async () => {
        await this.#selfTest?.settled;
        const insecurePoll = this.isTrusted === null ? undefined : !this.isTrusted && this.acceptsAny;
        const body = { ...given, insecurePoll };
        this.created = await this.client.call<EnvironmentCreated>('POST', '/environments', { body });
      },
      (error) => this.#form.refuse(error, { 'name-taken': 'name' }),
    );
  }
}
