import { css, html, LitElement, type PropertyValues, type TemplateResult } from 'lit';
import type { EnvironmentView, KeyRotated, RotateKey, SelfTest, SelfTestResult } from '../../api.js';
import type { ApiClient } from '../api-client.js';
import { defineElement } from '../define-element.js';
import { knowsCertificate } from '../knows-certificate.js';
import { styles } from '../styles.js';
import type { ConfirmDialogElement } from './confirm-dialog.js';
import { FormState } from './form-state.js';
import './printed-commands.js';
import './self-test.js';
import type { SelfTestElement } from './self-test.js';
import { fieldStyles, textField } from './text-field.js';

/** Seconds for which the old key stays valid. */
const OVERLAPS = [
  [0, 'not at all: it ends at once'],
  [3_600, 'for an hour'],
  [86_400, 'for a day'],
  [604_800, 'for a week'],
  [2_592_000, 'for 30 days'],
] as const;
const DEFAULT_OVERLAP = 86_400;

/** Creates a new Edge key, optionally with other addresses, and shows its commands once. */
export class RotateKeyElement extends LitElement {
  static override properties = { client: { attribute: false }, environment: { attribute: false } };
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
  readonly #form = new FormState<'url' | 'tunnelAddress'>({ url: '', tunnelAddress: '' });
  #overlapSeconds = DEFAULT_OVERLAP;
  #rotated: KeyRotated | null = null;
  #isBusy = false;
  /** Null: unchanged. */
  #addresses: SelfTest | null = null;

  protected override willUpdate(changed: PropertyValues): void {
    if (!changed.has('environment')) return;
    const { url, tunnelAddress } = this.environment;
    this.#form.load({ url, tunnelAddress });
  }

  override render(): TemplateResult {
    const form = this.#form;
    const onInput = () => this.requestUpdate();
    const onChange = () => this.#test();
    return html`
      <form novalidate @submit=${(event: SubmitEvent) => void this.#rotate(event)}>
        <p>Both addresses are part of the key. To change them is to make a new key: the agent must be started anew with it.</p>
        ${form.fault && form.fault.field === null ? html`<p class="notice bad" role="alert">${form.fault.message}</p>` : ''}
        ${textField(form, 'url', { label: 'URL of this hub, as the agent reaches it', type: 'url', onInput, onChange })}
        ${textField(form, 'tunnelAddress', { label: 'Address of the tunnel, as the agent reaches it', hint: 'host:port', onInput, onChange })}
        <label>The old key holds beside the new one
          <select name="overlap" @change=${({ target }: Event) => {
            this.#overlapSeconds = Number((target as HTMLSelectElement).value);
          }}>
            ${OVERLAPS.map(
              ([seconds, label]) =>
                html`<option value=${seconds} ?selected=${seconds === this.#overlapSeconds}>${label}</option>`,
            )}
          </select>
        </label>
        <button class=${form.changed.length > 0 ? 'main' : ''} type="submit" ?disabled=${this.#isBusy}>${
          form.changed.length > 0 ? 'Make a new key with these addresses …' : 'Make a new key …'
        }</button>
      </form>
      ${
        // Below the button, which must not move under the pointer.
        this.#addresses
          ? html`<fairlead-self-test .client=${this.client} .addresses=${this.#addresses}></fairlead-self-test>`
          : ''
      }
      ${this.#rotated ? this.#commands(this.#rotated) : ''}
      <fairlead-confirm-dialog></fairlead-confirm-dialog>
    `;
  }

  #commands({ commands, oldKeyEndsAt }: KeyRotated): TemplateResult {
    const end =
      oldKeyEndsAt === null
        ? 'The old key has ended.'
        : `The old key holds until ${new Date(oldKeyEndsAt).toLocaleString()}.`;
    return html`
      <p class="notice good" role="status">There is a new key. ${end} On the remote machine remove the old agent
        (docker rm -f fairlead-agent), then run the new command. It is shown this once.</p>
      <fairlead-printed-commands .commands=${commands} .url=${this.environment.url}></fairlead-printed-commands>
    `;
  }

  get #given(): SelfTest {
    return { url: this.#form.value('url').trim(), tunnelAddress: this.#form.value('tunnelAddress').trim() };
  }

  #test(): void {
    this.#addresses = this.#form.changed.length > 0 ? this.#given : null;
    const test = this.renderRoot.querySelector<SelfTestElement>('fairlead-self-test');
    if (test && this.#addresses) {
      test.addresses = this.#addresses;
      test.run();
    }
    this.requestUpdate();
  }

  async #rotate(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const { id, name } = this.environment;
    const overlapSeconds = this.#overlapSeconds;
    // Send the confirmed and tested values, even if the form is edited meanwhile.
    const given = this.#given;
    const addresses = Object.fromEntries(this.#form.changed.map((field) => [field, given[field]]));
    const dialog = this.renderRoot.querySelector<ConfirmDialogElement>('fairlead-confirm-dialog');
    const answer = await dialog?.ask({
      title: `Make a new key for ${name}?`,
      names: [],
      warning:
        overlapSeconds === 0
          ? 'The old key ends at once: its tunnel goes, with every call in it, and its agent is refused until it is started with the new key.'
          : 'The agent works on with the old key until that ends; from then on it is refused. Start it with the new key before.',
      confirm: 'Make a new key',
    });
    if (!answer) return;
    this.#isBusy = true;
    this.#form.fault = null;
    this.requestUpdate();
    // Determines whether agents need EDGE_INSECURE_POLL.
    const isKnown = knowsCertificate(
      await this.client.call<SelfTestResult>('POST', '/self-test', { body: given }).catch(() => null),
    );
    const body: RotateKey = {
      overlapSeconds,
      ...(isKnown !== null && { insecurePoll: !isKnown }),
      ...addresses,
    };
    try {
      this.#rotated = await this.client.call<KeyRotated>('POST', `/environments/${id}/rotate-key`, { body });
      this.#form.reset();
      this.#addresses = null;
    } catch (error) {
      this.#form.refuse(error);
    }
    this.#isBusy = false;
    this.requestUpdate();
  }
}

defineElement('fairlead-rotate-key', RotateKeyElement);
