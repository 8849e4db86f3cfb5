import './agent-setup/rotate-key.js';
import { css, html, LitElement, type TemplateResult } from 'lit';
import type { ChangeEnvironment, EnvironmentView, HubEvent } from '../../api.js';
import { type ApiClient, ApiError } from '../api/client.js';
import type { HubEvents } from '../api/hub-events.js';
import { askToConfirm } from '../elements/confirm-dialog.js';
import { AsyncTask } from '../elements/controllers/async-task.js';
import { Subscription } from '../elements/controllers/subscription.js';
import { FormState } from '../elements/form-state.js';
import { linesOf, textField } from '../elements/text-field.js';
import { errorNotice } from '../format/error.js';
import { statusBadge } from '../format/status-badge.js';
import { environmentPath, navigate } from '../route.js';
import { fieldStyles } from '../styles/form.js';
import { styles } from '../styles/shared.js';
import { DELETE, DISASSOCIATE, type EditAction, SWAP_MACHINES } from './edit-actions.js';

type Field = 'name' | 'tags' | 'checkInSeconds';

/** A running clone tries again within two minutes; the hub does not accept one that has not tried for this long, ms. */
const RECENT_MS = 5 * 60_000;

/** Edits name, tags, interval and key of an environment, and deletes it. */
export class EditEnvironmentElement extends LitElement {
  static override properties = {
    client: { attribute: false },
    events: { attribute: false },
    environmentId: { attribute: false },
    environment: { state: true },
    note: { state: true },
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
  readonly #form = new FormState<Field>({ name: '', tags: '', checkInSeconds: '' }, () =>
    this.requestUpdate(),
  );
  declare private environment: EnvironmentView | null;
  /** What was done; '' before. */
  declare private note: string;
  readonly #task = new AsyncTask(this);

  constructor() {
    super();
    this.environment = null;
    this.note = '';
    new Subscription(this, () => this.events.subscribe((event) => this.#apply(event)));
  }

  override connectedCallback(): void {
    super.connectedCallback();
    void this.#task.run(() => this.#load());
  }

  override render(): TemplateResult {
    const { environment } = this;
    const { error } = this.#task;
    return html`
      <div class="bar">
        <h2 tabindex="-1">Edit ${environment?.name ?? `environment ${this.environmentId}`}</h2>
        <button type="button" @click=${() => navigate(this, environmentPath(this.environmentId))}>Back</button>
      </div>
      ${errorNotice(error)}
      ${environment ? html`${this.#fields()} ${this.#key(environment)} ${this.#endings(environment)}` : ''}
      <fairlead-confirm-dialog></fairlead-confirm-dialog>
    `;
  }

  #fields(): TemplateResult {
    const form = this.#form;
    const onInput = () => {
      this.note = '';
    };
    return html`<form novalidate @submit=${(event: SubmitEvent) => void this.#save(event)}>
      ${errorNotice(form.generalFault)}
      ${textField(form, 'name', { label: 'Name', maxLength: 100, onInput })}
      ${textField(form, 'tags', { label: 'Tags, one a line', type: 'lines', onInput })}
      ${textField(form, 'checkInSeconds', {
        label: 'Check-in interval',
        type: 'number',
        hint: 'Seconds. Empty: from the settings.',
        onInput,
      })}
      <div class="bar save">
        <button class="main" type="submit" ?disabled=${this.#task.isBusy || form.changed.length === 0}>Save</button>
        <span role="status">${form.changed.length > 0 ? statusBadge('busy', 'Unsaved changes') : this.note ? statusBadge('good', this.note) : ''}</span>
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
        <button class="danger" type="button" ?disabled=${this.#task.isBusy || edgeId === null}
          @click=${() => void this.#act(DISASSOCIATE, name)}>Disassociate …</button>
      </section>
      <section aria-labelledby="delete">
        <h3 id="delete">Delete</h3>
        <p>Its agent is rejected from then on. Containers on the remote machine keep running, including the agent’s.</p>
        <button class="danger" type="button" ?disabled=${this.#task.isBusy} @click=${() => void this.#act(DELETE, name)}>Delete environment …</button>
      </section>
    `;
  }

  #clone(name: string): TemplateResult {
    return html`<section aria-labelledby="clone">
      <h3 id="clone">Cloned machine</h3>
      <p>A clone of the machine was rejected; the first machine keeps working. Give the clone its own environment and
        data folder, or swap the two.</p>
      <button class="danger" type="button" ?disabled=${this.#task.isBusy} @click=${() => void this.#act(SWAP_MACHINES, name)}>Swap machines …</button>
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
    await this.#task.run(
      async () => {
        const changed = await this.client.call<EnvironmentView>('PATCH', this.#path, { body });
        form.reset();
        this.#show(changed);
        this.note = 'Saved';
      },
      (error) => form.refuse(error, { 'name-taken': 'name' }),
    );
  }

  async #act(action: EditAction, name: string): Promise<void> {
    if (!(await askToConfirm(this.renderRoot, action.question(name)))) return;
    await this.#task.run(async () => {
      await action.run(this.client, this.#path);
      if (action === DELETE) return navigate(this, '');
      await this.#load();
      this.note = action.note;
    });
  }

  get #path(): string {
    return `/environments/${this.environmentId}`;
  }

  async #load(): Promise<void> {
    this.#show(await this.client.call<EnvironmentView>('GET', this.#path));
  }

  #show(environment: EnvironmentView): void {
    const { name, tags, checkInSeconds } = environment;
    this.environment = environment;
    this.#form.load({
      name,
      tags: tags.join('\n'),
      checkInSeconds: checkInSeconds === null ? '' : String(checkInSeconds),
    });
  }

  #apply(event: HubEvent): void {
    if (event.type === 'environment-changed' && event.data.id === this.environmentId && this.environment)
      this.#show({ ...this.environment, ...event.data.changes } as EnvironmentView);
    if (event.type === 'environment-removed' && event.data.id === this.environmentId) {
      this.environment = null;
      this.#task.error = new ApiError('environment-not-found', 'This environment was deleted', 404);
    }
    if (event.type === 'reset') void this.#task.run(() => this.#load());
  }
}
