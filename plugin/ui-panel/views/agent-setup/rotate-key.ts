import './printed-commands.js';
import './self-test.js';
import { css, html, LitElement, type PropertyValues, type TemplateResult } from 'lit';
import type { EnvironmentView, KeyRotated, RotateKey, SelfTest, SelfTestResult } from '../../../api.js';
import type { ApiClient } from '../../api/client.js';
import { askToConfirm } from '../../elements/confirm-dialog.js';
import { AsyncTask } from '../../elements/controllers/async-task.js';
import { defineElement } from '../../elements/define-element.js';
import { FormState } from '../../elements/form-state.js';
import { textField } from '../../elements/text-field.js';
import { errorNotice } from '../../format/error.js';
import { fieldStyles } from '../../styles/form.js';
import { styles } from '../../styles/shared.js';
import { knowsCertificate, type SelfTestElement } from './self-test.js';

/** Seconds for which the old key stays valid. */
const OVERLAPS = [
  [0, 'not at all: it ends immediately'],
  [3_600, 'for an hour'],
  [86_400, 'for a day'],
  [604_800, 'for a week'],
  [2_592_000, 'for 30 days'],
] as const;
const DEFAULT_OVERLAP = 86_400;

/** Creates a new Edge key, optionally with other addresses, and shows its commands once. */
export class RotateKeyElement extends LitElement {
  static override properties = {
    client: { attribute: false },
    environment: { attribute: false },
    rotated: { state: true },
    addresses: { state: true },
  };
  static override styles = [
    styles,
    fieldStyles,
    css`
      form {
        display: grid;
        gap: 0.9rem;
      }
      form > button {
        justify-self: start;
        white-space: normal;
      }
      p {
        margin: 0;
      }
      fairlead-self-test {
        margin-top: 0.9rem;
      }
    `,
  ];
  declare client: ApiClient;
  declare environment: EnvironmentView;
  readonly #form = new FormState<'url' | 'tunnelAddress'>({ url: '', tunnelAddress: '' }, () =>
    this.requestUpdate(),
  );
  declare private rotated: KeyRotated | null;
  /** Null: unchanged. */
  declare private addresses: SelfTest | null;
  #overlapSeconds = DEFAULT_OVERLAP;
  readonly #task = new AsyncTask(this);

  constructor() {
    super();
    this.rotated = null;
    this.addresses = null;
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (!changed.has('environment')) return;
    const { url, tunnelAddress } = this.environment;
    this.#form.load({ url, tunnelAddress: tunnelAddress ?? '' });
  }

  override render(): TemplateResult {
    const form = this.#form;
    const onChange = () => this.#test();
    return html`
      <form novalidate @submit=${(event: SubmitEvent) => void this.#rotate(event)}>
        <p>Both addresses are part of the key. Changing them creates a new key: the agent must be restarted with it.</p>
        ${errorNotice(form.generalFault)}
        ${textField(form, 'url', { label: 'URL of this hub, as the agent reaches it', type: 'url', onChange })}
        ${textField(form, 'tunnelAddress', { label: 'Tunnel address, as the agent reaches it', hint: 'host:port. Empty: tunnels go by the URL only.', onChange })}
        <label>The old key stays valid
          <select name="overlap" @change=${({ target }: Event) => {
            this.#overlapSeconds = Number((target as HTMLSelectElement).value);
          }}>
            ${OVERLAPS.map(
              ([seconds, label]) =>
                html`<option value=${seconds} ?selected=${seconds === this.#overlapSeconds}>${label}</option>`,
            )}
          </select>
        </label>
        <button class=${form.changed.length > 0 ? 'main' : ''} type="submit" ?disabled=${this.#task.isBusy}>${
          form.changed.length > 0 ? 'Rotate key with these addresses …' : 'Rotate key …'
        }</button>
      </form>
      ${
        // Below the button, which must not move under the pointer.
        this.addresses
          ? html`<fairlead-self-test .client=${this.client} .addresses=${this.addresses}></fairlead-self-test>`
          : ''
      }
      ${this.rotated ? this.#commands(this.rotated) : ''}
      <fairlead-confirm-dialog></fairlead-confirm-dialog>
    `;
  }

  #commands({ commands, oldKeyEndsAt }: KeyRotated): TemplateResult {
    const end =
      oldKeyEndsAt === null
        ? 'The old key has ended.'
        : `The old key is valid until ${new Date(oldKeyEndsAt).toLocaleString()}.`;
    return html`
      <p class="notice good" role="status">New key created. ${end} On the remote machine remove the old agent
        (docker rm -f fairlead-agent), then run the new command. It is shown only once.</p>
      <fairlead-printed-commands .commands=${commands} .url=${this.environment.url}></fairlead-printed-commands>
    `;
  }

  get #given(): SelfTest {
    const [url, tunnelAddress] = [this.#form.value('url').trim(), this.#form.value('tunnelAddress').trim()];
    return { url, tunnelAddress: tunnelAddress || null };
  }

  #test(): void {
    this.addresses = this.#form.changed.length > 0 ? this.#given : null;
    const test = this.renderRoot.querySelector<SelfTestElement>('fairlead-self-test');
    if (test && this.addresses) {
      test.addresses = this.addresses;
      test.run();
    }
  }

  async #rotate(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const { id, name } = this.environment;
    const overlapSeconds = this.#overlapSeconds;
    // Send the confirmed and tested values, even if the form is edited meanwhile.
    const given = this.#given;
    const addresses = Object.fromEntries(this.#form.changed.map((field) => [field, given[field]]));
    const answer = await askToConfirm(this.renderRoot, {
      title: `Rotate the key of ${name}?`,
      names: [],
      warning:
        overlapSeconds === 0
          ? 'The old key ends immediately: its tunnel and all calls in it are closed, and its agent is rejected until it is started with the new key.'
          : 'The agent keeps working with the old key until it ends, and is rejected after that. Start it with the new key before then.',
      confirm: 'Rotate key',
    });
    if (!answer) return;
    this.#form.fault = null;
    await this.#task.run(
      async () => {
        // Determines whether agents need EDGE_INSECURE_POLL.
        const isKnown = knowsCertificate(
          await this.client.call<SelfTestResult>('POST', '/self-test', { body: given }).catch(() => null),
        );
        const body: RotateKey = {
          overlapSeconds,
          ...(isKnown !== null && { insecurePoll: !isKnown }),
          ...addresses,
        };
        this.rotated = await this.client.call<KeyRotated>('POST', `/environments/${id}/rotate-key`, { body });
        this.#form.reset();
        this.addresses = null;
      },
      (error) => this.#form.refuse(error),
    );
  }
}

defineElement('fairlead-rotate-key', RotateKeyElement);
