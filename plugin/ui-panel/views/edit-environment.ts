import './agent-setup/rotate-key.js';
import { css, html, LitElement, type TemplateResult } from 'lit';
import type { ChangeEnvironment, EnvironmentView, HubEvent } from '../../api.js';
import { type ApiClient, ApiError } from '../api/client.js';
import type { HubEvents } from '../api/hub-events.js';
import type { ConfirmDialogElement, ConfirmQuestion } from '../elements/confirm-dialog.js';
import { FormState } from '../elements/form-state.js';
import { fieldStyles, linesOf, textField } from '../elements/text-field.js';
import { statusBadge } from '../format/status-badge.js';
import { environmentPath, navigate } from '../route.js';
import { styles } from '../styles/shared.js';

type Field = 'name' | 'tags' | 'checkInSeconds';

/** A running clone tries again within two minutes; the hub does not accept one that has not tried for this long, ms. */
const RECENT_MS = 5 * 60_000;

/** Edits name, tags, interval and key of an environment, and deletes it. */
export class EditEnvironmentElement extends LitElement {
  static override properties = {
    client: { attribute: false },
    events: { attribute: false },
    environmentId: { attribute: false },
  };
  static override styles = [
    styles,
    fieldStyles,
    css`
      form,
      section {
        display: grid;
        gap: 0.9rem;
        max-width: 40rem;
        margin: 1rem 0;
      }
      section {
        border-top: 1px solid var(--line);
        padding-top: 1rem;
      }
      p {
        margin: 0;
      }
      section > button {
        justify-self: start;
      }
      .bar.save {
        justify-content: start;
      }
    `,
  ];
  declare client: ApiClient;
  declare events: HubEvents;
  declare environmentId: number;
  readonly #form = new FormState<Field>({ name: '', tags: '', checkInSeconds: '' });
  #environment: EnvironmentView | null = null;
  #error: Error | null = null;
  #note = '';
  #isBusy = false;
  #unsubscribe = () => {};

  override connectedCallback(): void {
    super.connectedCallback();
    this.#unsubscribe = this.events.subscribe((event) => this.#apply(event));
    void this.#refresh();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#unsubscribe();
  }

  override render(): TemplateResult {
    const environment = this.#environment;
    return html`
      <div class="bar">
        <h2 tabindex="-1">Edit ${environment?.name ?? `environment ${this.environmentId}`}</h2>
        <button type="button" @click=${() => navigate(this, environmentPath(this.environmentId))}>Back</button>
      </div>
      ${this.#error ? html`<p class="notice bad" role="alert">${this.#error.message}</p>` : ''}
      ${environment ? html`${this.#fields()} ${this.#key(environment)} ${this.#endings(environment)}` : ''}
      <fairlead-confirm-dialog></fairlead-confirm-dialog>
    `;
  }

  #fields(): TemplateResult {
    const form = this.#form;
    const onInput = () => {
      this.#note = '';
      this.requestUpdate();
    };
    return html`<form novalidate @submit=${(event: SubmitEvent) => void this.#save(event)}>
      ${form.fault && form.fault.field === null ? html`<p class="notice bad" role="alert">${form.fault.message}</p>` : ''}
      ${textField(form, 'name', { label: 'Name', maxLength: 100, onInput })}
      ${textField(form, 'tags', { label: 'Tags, one a line', type: 'lines', onInput })}
      ${textField(form, 'checkInSeconds', {
        label: 'Check-in interval',
        type: 'number',
        hint: 'Seconds. Empty: from the settings.',
        onInput,
      })}
      <div class="bar save">
        <button class="main" type="submit" ?disabled=${this.#isBusy || form.changed.length === 0}>Save</button>
        <span role="status">${form.changed.length > 0 ? statusBadge('busy', 'Unsaved changes') : this.#note ? statusBadge('good', this.#note) : ''}</span>
      </div>
    </form>`;
  }

  #key(environment: EnvironmentView): TemplateResult {
    return html`<section aria-labelledby="key">
      <h3 id="key">Key and addresses</h3>
      <fairlead-rotate-key .client=${this.client} .environment=${environment}></fairlead-rotate-key>
    </section>`;
  }

  #endings({ edgeId, name, lastRefusal }: EnvironmentView): TemplateResult {
    const isClone = lastRefusal?.code === 'machine-cloned';
    const isRecent = isClone && this.client.hubTime.now() - Date.parse(lastRefusal.at) < RECENT_MS;
    return html`
      ${isRecent ? this.#clone(name) : ''}
      <section aria-labelledby="agent">
        <h3 id="agent">Agent</h3>
        <p>${
          edgeId === null
            ? 'No agent is associated yet: the first one with the key will be.'
            : html`Edge ID <code>${edgeId}</code>. Once disassociated, the agent is rejected until there is a new key.`
        }</p>
        <button class="danger" type="button" ?disabled=${this.#isBusy || edgeId === null}
          @click=${() => void this.#disassociate(name)}>Disassociate …</button>
      </section>
      <section aria-labelledby="delete">
        <h3 id="delete">Delete</h3>
        <p>Its agent is rejected from then on. Containers on the remote machine keep running, including the agent’s.</p>
        <button class="danger" type="button" ?disabled=${this.#isBusy} @click=${() => void this.#delete(name)}>Delete environment …</button>
      </section>
    `;
  }

  #clone(name: string): TemplateResult {
    return html`<section aria-labelledby="clone">
      <h3 id="clone">Cloned machine</h3>
      <p>A clone of the machine was rejected; the first machine keeps working. Give the clone its own environment and
        data folder, or swap the two.</p>
      <button class="danger" type="button" ?disabled=${this.#isBusy} @click=${() => void this.#swap(name)}>Swap machines …</button>
    </section>`;
  }

  async #save(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const form = this.#form;
    const interval = form.value('checkInSeconds').trim();
    const all: Required<ChangeEnvironment> = {
      name: form.value('name'),
      tags: linesOf(form.value('tags')),
      checkInSeconds: interval === '' ? null : Number(interval),
    };
    const body = Object.fromEntries(form.changed.map((name) => [name, all[name]]));
    form.fault = null;
    await this.#do(
      async () => {
        const changed = await this.client.call<EnvironmentView>(
          'PATCH',
          `/environments/${this.environmentId}`,
          { body },
        );
        form.reset();
        this.#show(changed);
        this.#note = 'Saved';
      },
      (error) => form.refuse(error, { 'name-taken': 'name' }),
    );
  }

  async #disassociate(name: string): Promise<void> {
    const isSure = await this.#confirm({
      title: `Disassociate the agent of ${name}?`,
      names: [],
      warning:
        'Its tunnel and all calls in it are closed immediately. The agent is rejected until you rotate the key and start it with the new one.',
      confirm: 'Disassociate',
    });
    if (!isSure) return;
    await this.#do(async () => {
      await this.client.call('DELETE', `/environments/${this.environmentId}/association`);
      await this.#refresh();
      this.#note = 'Disassociated';
    });
  }

  async #swap(name: string): Promise<void> {
    const isSure = await this.#confirm({
      title: `Swap the machines of ${name}?`,
      names: [],
      warning:
        'The tunnel and all calls in it are closed immediately. The current machine is rejected from then on; the other one is online within two minutes.',
      confirm: 'Swap machines',
    });
    if (!isSure) return;
    await this.#do(async () => {
      await this.client.call('POST', `/environments/${this.environmentId}/accept-clone`);
      await this.#refresh();
      this.#note = 'Swapped';
    });
  }

  async #delete(name: string): Promise<void> {
    const isSure = await this.#confirm({
      title: 'Delete this environment?',
      names: [name],
      warning:
        'Its key, snapshot and tunnel are deleted, with all calls in the tunnel. The agent on the remote machine keeps trying and is rejected: remove it there (docker rm -f fairlead-agent).',
      confirm: 'Delete',
    });
    if (!isSure) return;
    await this.#do(async () => {
      await this.client.call('DELETE', `/environments/${this.environmentId}`);
      navigate(this, '');
    });
  }

  async #confirm(question: ConfirmQuestion): Promise<boolean> {
    const dialog = this.renderRoot.querySelector<ConfirmDialogElement>('fairlead-confirm-dialog');
    return (await dialog?.ask(question)) != null;
  }

  async #do(work: () => Promise<void>, refuse?: (error: unknown) => void): Promise<void> {
    this.#isBusy = true;
    this.#error = null;
    this.requestUpdate();
    try {
      await work();
    } catch (error) {
      if (refuse) refuse(error);
      else this.#error = error instanceof Error ? error : new Error(String(error));
    }
    this.#isBusy = false;
    this.requestUpdate();
  }

  async #refresh(): Promise<void> {
    try {
      this.#show(await this.client.call<EnvironmentView>('GET', `/environments/${this.environmentId}`));
    } catch (error) {
      this.#error = error instanceof Error ? error : new Error(String(error));
      this.requestUpdate();
    }
  }

  #show(environment: EnvironmentView): void {
    const { name, tags, checkInSeconds } = environment;
    this.#environment = environment;
    this.#form.load({
      name,
      tags: tags.join('\n'),
      checkInSeconds: checkInSeconds === null ? '' : String(checkInSeconds),
    });
    this.requestUpdate();
  }

  #apply(event: HubEvent): void {
    if (event.type === 'environment-changed' && event.data.id === this.environmentId && this.#environment)
      this.#show({ ...this.#environment, ...event.data.changes } as EnvironmentView);
    if (event.type === 'environment-removed' && event.data.id === this.environmentId) {
      this.#environment = null;
      this.#error = new ApiError('environment-not-found', 'This environment was deleted', 404);
      this.requestUpdate();
    }
    if (event.type === 'reset') void this.#refresh();
  }
}
