import './webhooks.js';
import { css, html, LitElement, type TemplateResult } from 'lit';
import type { ChangeSettings, Fleet, HubEvent, SettingsView } from '../../api.js';
import type { ApiClient } from '../api/client.js';
import type { HubEvents } from '../api/hub-events.js';
import { AsyncTask } from '../elements/controllers/async-task.js';
import { Subscription } from '../elements/controllers/subscription.js';
import { FormState } from '../elements/form-state.js';
import { textField } from '../elements/text-field.js';
import { errorNotice } from '../format/error.js';
import { statusBadge } from '../format/status-badge.js';
import { navigate } from '../route.js';
import { fieldStyles, formStyles } from '../styles/form.js';
import { styles } from '../styles/shared.js';
import { SelfTestElement } from './agent-setup/self-test.js';
import { costView, HOLD_SECONDS } from './check-in-cost.js';

type Field = keyof SettingsView;

const EMPTY: Readonly<Record<Field, string>> = {
  publicUrl: '',
  tunnelAddress: '',
  checkInSeconds: '',
  heldCheckIns: '',
  inactivitySeconds: '',
  snapshotSeconds: '',
};

/** Settings for all environments, and the webhooks. */
export class SettingsElement extends LitElement {
  static override properties = {
    client: { attribute: false },
    events: { attribute: false },
    fleet: { state: true },
    isLoaded: { state: true },
    isSaved: { state: true },
  };
  static override styles = [
    styles,
    fieldStyles,
    formStyles,
    css`
      output {
        display: block;
        margin: 0;
      }
    `,
  ];
  declare client: ApiClient;
  declare events: HubEvents;
  readonly #form = new FormState<Field>(EMPTY, () => this.requestUpdate());
  declare private fleet: Fleet | null;
  declare private isLoaded: boolean;
  declare private isSaved: boolean;
  readonly #loading = new AsyncTask(this);
  readonly #saving = new AsyncTask(this);

  constructor() {
    super();
    this.fleet = null;
    this.isLoaded = false;
    this.isSaved = false;
    new Subscription(this, () => this.events.subscribe((event) => this.#apply(event)));
  }

  override connectedCallback(): void {
    super.connectedCallback();
    void this.#load();
  }

  override render(): TemplateResult {
    const { error } = this.#loading;
    return html`
      <div class="bar">
        <h2 tabindex="-1">Settings</h2>
        <button type="button" @click=${() => navigate(this, '')}>All environments</button>
      </div>
      ${errorNotice(error)}
      ${
        this.isLoaded
          ? html`<div class="columns">
              ${this.#fields()}
              <fairlead-self-test .client=${this.client}></fairlead-self-test>
            </div>
            <fairlead-webhooks .client=${this.client}></fairlead-webhooks>`
          : ''
      }
    `;
  }

  #fields(): TemplateResult {
    const form = this.#form;
    const onInput = () => {
      this.isSaved = false;
    };
    const defaults = this.fleet?.agentDefaults;
    return html`<form novalidate @submit=${(event: SubmitEvent) => void this.#save(event)}>
      ${errorNotice(this.#form.generalFault)}
      ${textField(form, 'publicUrl', {
        label: 'URL of this hub, as agents reach it',
        type: 'url',
        hint: `Empty: the hub’s startup option, or the URL of this page. New environments get ${defaults?.url ?? '…'}`,
        onInput,
      })}
      ${textField(form, 'tunnelAddress', {
        label: 'Tunnel address, as agents reach it',
        hint: `host:port. Empty: the hub’s startup option, or derived from the URL. New environments get ${defaults ? (defaults.tunnelAddress ?? 'none') : '…'}`,
        onInput,
      })}
      <p class="hint">Existing environments keep the addresses in their keys; Edit rotates keys.</p>
      ${textField(form, 'checkInSeconds', {
        label: 'Check-in interval',
        type: 'number',
        hint: 'Seconds, 1 to 86,400. Environments can have their own.',
        onInput,
      })}
      <label class="check"><input type="checkbox" name="heldCheckIns" .checked=${form.value('heldCheckIns') === 'true'}
        @change=${({ target }: Event) => {
          form.set('heldCheckIns', String((target as HTMLInputElement).checked));
          onInput();
        }}><span>Held check-ins: the hub holds them for up to ${HOLD_SECONDS} s, and responds when something changes</span></label>
      ${costView(this.fleet, {
        checkInSeconds: Number(form.value('checkInSeconds')),
        heldCheckIns: form.value('heldCheckIns') === 'true',
      })}
      ${textField(form, 'inactivitySeconds', {
        label: 'Close idle tunnels after',
        type: 'number',
        hint: 'Seconds, 5 to 86,400.',
        onInput,
      })}
      ${textField(form, 'snapshotSeconds', {
        label: 'Snapshot interval',
        type: 'number',
        hint: 'Seconds, 10 to 86,400; 0: none.',
        onInput,
      })}
      <div class="bar save">
        <button class="main" type="submit" ?disabled=${this.#saving.isBusy || form.changed.length === 0}>Save</button>
        ${form.changed.length > 0 ? html`<button type="button" @click=${() => form.reset()}>Discard</button>` : ''}
        <span role="status">${
          form.changed.length > 0
            ? statusBadge('busy', `Unsaved: ${form.changed.map((name) => LABELS[name]).join(', ')}`)
            : this.isSaved
              ? statusBadge('good', 'Saved')
              : ''
        }</span>
      </div>
    </form>`;
  }

  async #load(): Promise<void> {
    await this.#loading.run(async () => {
      const [settings, fleet] = await Promise.all([
        this.client.call<SettingsView>('GET', '/settings'),
        this.client.call<Fleet>('GET', '/fleet'),
      ]);
      this.#form.load(textsOf(settings));
      this.fleet = fleet;
      this.isLoaded = true;
    });
  }

  async #save(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const form = this.#form;
    const before = form.changed;
    const body: ChangeSettings = Object.fromEntries(
      before.map((name) => [name, VALUES[name](form.value(name).trim())]),
    );
    form.fault = null;
    await this.#saving.run(
      async () => {
        const settings = await this.client.call<SettingsView>('PATCH', '/settings', { body });
        form.reset();
        form.load(textsOf(settings));
        this.isSaved = true;
        await this.#saved(before);
      },
      (error) => form.refuse(error),
    );
  }

  async #saved(changed: readonly Field[]): Promise<void> {
    if (!changed.includes('publicUrl') && !changed.includes('tunnelAddress')) return;
    this.fleet = await this.client.call<Fleet>('GET', '/fleet').catch(() => this.fleet);
    const shown = this.renderRoot.querySelector('fairlead-self-test');
    if (shown instanceof SelfTestElement) shown.run();
  }

  #apply(event: HubEvent): void {
    if (event.type !== 'settings-changed') return;
    this.#form.load(textsOf(event.data.settings));
  }
}

const LABELS: Readonly<Record<Field, string>> = {
  publicUrl: 'URL',
  tunnelAddress: 'tunnel address',
  checkInSeconds: 'interval',
  heldCheckIns: 'held check-ins',
  inactivitySeconds: 'inactivity',
  snapshotSeconds: 'snapshots',
};
const numberOf = (text: string) => (text === '' ? null : Number(text));
const textOrNull = (text: string) => (text === '' ? null : text);
/** Converts a field's text for the hub, which validates it. */
const VALUES: Readonly<Record<Field, (text: string) => unknown>> = {
  publicUrl: textOrNull,
  tunnelAddress: textOrNull,
  checkInSeconds: numberOf,
  heldCheckIns: (text) => text === 'true',
  inactivitySeconds: numberOf,
  snapshotSeconds: numberOf,
};

function textsOf(settings: SettingsView): Record<Field, string> {
  const texts = Object.entries(settings).map(([name, value]) => [name, value === null ? '' : String(value)]);
  return { ...EMPTY, ...Object.fromEntries(texts) };
}
