import '../elements/copy-text.js';
import { css, html, LitElement, type TemplateResult } from 'lit';
import type { SecretRotated, WebhookCreated, WebhookList, WebhookView } from '../../api.js';
import type { ApiClient } from '../api/client.js';
import { askToConfirm } from '../elements/confirm-dialog.js';
import { AsyncTask } from '../elements/controllers/async-task.js';
import { defineElement } from '../elements/define-element.js';
import { FormState } from '../elements/form-state.js';
import { textField } from '../elements/text-field.js';
import { errorNotice } from '../format/error.js';
import { ago } from '../format/time.js';
import { fieldStyles } from '../styles/form.js';
import { styles } from '../styles/shared.js';

/** Webhooks that let other systems create environments, with their last calls. Secrets are shown once. */
export class WebhooksElement extends LitElement {
  static override properties = {
    client: { attribute: false },
    items: { state: true },
    shown: { state: true },
  };
  static override styles = [
    styles,
    fieldStyles,
    css`
      :host {
        border-top: 1px solid var(--line);
        padding-top: 1rem;
      }
      form {
        display: flex;
        flex-wrap: wrap;
        gap: 0.6rem;
        align-items: end;
        max-width: 32rem;
        margin: 0.8rem 0;
      }
      form .field {
        flex: 1 1 12rem;
      }
      ul.hooks {
        list-style: none;
        margin: 0;
        padding: 0;
        display: grid;
        gap: 0.8rem;
      }
      ul.hooks > li {
        border: 1px solid var(--line);
        border-radius: 0.5rem;
        padding: 0.8rem 1rem;
        min-width: 0;
      }
      code {
        overflow-wrap: anywhere;
      }
      .calls {
        max-height: 16rem;
        overflow: auto;
      }
      table {
        border-collapse: collapse;
        width: 100%;
        font-size: 0.9rem;
      }
      th,
      td {
        text-align: left;
        vertical-align: top;
        padding: 0.25rem 0.8rem 0.25rem 0;
        border-bottom: 1px solid var(--line);
        overflow-wrap: anywhere;
      }
      summary {
        cursor: pointer;
        min-height: 1.75rem;
      }
      p {
        margin: 0.4rem 0;
      }
    `,
  ];
  declare client: ApiClient;
  readonly #form = new FormState<'name'>({ name: '' }, () => this.requestUpdate());
  declare private items: readonly WebhookView[] | null;
  /** A new secret to show. */
  declare private shown: { readonly id: string; readonly secret: string; readonly note: string } | null;
  readonly #task = new AsyncTask(this);

  constructor() {
    super();
    this.items = null;
    this.shown = null;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    void this.#list();
  }

  override render(): TemplateResult {
    const { error, isBusy } = this.#task;
    return html`
      <div class="bar">
        <h3>Webhooks</h3>
        <button type="button" aria-label="Refresh webhooks" @click=${() => void this.#list()}>Refresh</button>
      </div>
      <p class="soft">Other systems create environments by posting signed messages. Anyone with a secret can create environments.</p>
      ${errorNotice(error)}
      ${this.items?.length === 0 ? html`<p>None yet.</p>` : ''}
      <ul class="hooks">${this.items?.map((item) => html`<li>${this.#webhook(item)}</li>`)}</ul>
      <form novalidate @submit=${(event: SubmitEvent) => void this.#create(event)}>
        ${textField(this.#form, 'name', { label: 'Name of a new webhook', maxLength: 100 })}
        <button type="submit" ?disabled=${isBusy}>Create webhook</button>
      </form>
      <fairlead-confirm-dialog></fairlead-confirm-dialog>
    `;
  }

  #webhook(webhook: WebhookView): TemplateResult {
    const { id, name, url, createdAt, oldSecretEndsAt, calls, refused } = webhook;
    const shown = this.shown?.id === id ? this.shown : null;
    const nowMs = this.client.hubTime.now();
    const { isBusy } = this.#task;
    return html`
      <div class="bar">
        <strong>${name}</strong>
        <span class="tools">
          <button type="button" ?disabled=${isBusy} aria-label=${`Rotate secret of ${name}`}
            @click=${() => void this.#rotate(webhook)}>Rotate secret …</button>
          <button class="danger" type="button" ?disabled=${isBusy} aria-label=${`Delete ${name}`}
            @click=${() => void this.#delete(webhook)}>Delete …</button>
        </span>
      </div>
      <p>Post messages to <code>${url}</code></p>
      <p class="soft">Created ${ago(createdAt, nowMs)}.
        ${oldSecretEndsAt ? `The previous secret is valid until ${new Date(oldSecretEndsAt).toLocaleString()}.` : ''}
        ${
          refused.count > 0
            ? `Rejected: ${refused.count} without a valid signature, the last ${ago(refused.lastAt, nowMs)} from ${refused.lastAddress}.`
            : ''
        }</p>
      ${
        shown
          ? html`<div class="notice good"><fairlead-copy-text .label=${`the secret of ${name}`} .note=${shown.note}
              .text=${shown.secret}></fairlead-copy-text></div>`
          : ''
      }
      ${calls.length === 0 ? html`<p class="soft">No calls since the hub started.</p>` : callsView(webhook)}
    `;
  }

  async #create(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    await this.#do(async () => {
      try {
        const body = { name: this.#form.value('name') };
        const { id, secret } = await this.client.call<WebhookCreated>('POST', '/webhooks', { body });
        this.shown = { id, secret, note: 'The secret. It is shown only once.' };
        this.#form.reset();
      } catch (error) {
        if (!this.#form.refuse(error)) throw error;
      }
    });
  }

  async #rotate({ id, name }: WebhookView): Promise<void> {
    const answer = await askToConfirm(this.renderRoot, {
      title: `Rotate the secret of ${name}?`,
      names: [],
      warning: 'The current secret stays valid for a day, earlier ones end immediately.',
      confirm: 'Rotate secret',
      options: [{ id: 'now', label: 'The current secret was stolen: end it immediately' }],
    });
    if (!answer) return;
    await this.#do(async () => {
      const body = answer.has('now') ? { overlapSeconds: 0 } : {};
      const { secret } = await this.client.call<SecretRotated>('POST', `/webhooks/${id}/rotate-secret`, {
        body,
      });
      this.shown = { id, secret, note: 'The new secret. It is shown only once.' };
    });
  }

  async #delete({ id, name }: WebhookView): Promise<void> {
    const answer = await askToConfirm(this.renderRoot, {
      title: 'Delete this webhook?',
      names: [name],
      warning: 'Its sender is rejected from then on. Environments that it created stay.',
      confirm: 'Delete',
    });
    if (answer) await this.#do(async () => void (await this.client.call('DELETE', `/webhooks/${id}`)));
  }

  async #list(): Promise<void> {
    await this.#do(async () => {});
  }

  /** Runs `work`, then lists again: there are no events of webhooks. */
  async #do(work: () => Promise<void>): Promise<void> {
    await this.#task.run(async () => {
      await work();
      this.items = (await this.client.call<WebhookList>('GET', '/webhooks')).items;
    });
  }
}

function callsView({ calls, name }: WebhookView): TemplateResult {
  return html`<details>
    <summary>Last ${calls.length === 1 ? 'call' : `${calls.length} calls`}</summary>
    <div class="calls" tabindex="0" role="region" aria-label=${`Calls of ${name}`}>
      <table>
        <thead><tr><th>When</th><th>Outcome</th><th>Environment</th><th>From</th><th>Message</th></tr></thead>
        <tbody>${calls.map(
          ({ at, outcome, environmentId, address, messageId }) =>
            html`<tr><td>${new Date(at).toLocaleString()}</td><td>${outcome}</td><td>${environmentId ?? '–'}</td><td>${address}</td><td>${messageId}</td></tr>`,
        )}</tbody>
      </table>
    </div>
  </details>`;
}

defineElement('fairlead-webhooks', WebhooksElement);
