import './docker-access/access-list.js';
import '../elements/tabbed-texts.js';
import { css, html, LitElement, type TemplateResult } from 'lit';
import { certificateArchive } from '../../../protocol/certificates/certificate-archive.js';
import type {
  CreateDockerAccess,
  DockerAccessCreated,
  DockerAccessList,
  DockerAccessView,
  EnvironmentView,
} from '../../api.js';
import type { ApiClient } from '../api/client.js';
import { AsyncTask } from '../elements/controllers/async-task.js';
import { FormState } from '../elements/form-state.js';
import { textField } from '../elements/text-field.js';
import { errorNotice } from '../format/error.js';
import { environmentPath, navigate } from '../route.js';
import { fieldStyles } from '../styles/form.js';
import { styles } from '../styles/shared.js';
import { archiveName, clientTabs, unpackCommand } from './docker-access/client-tabs.js';

const DAY_MS = 86_400_000;
/** Days for which a certificate is valid. */
const PERIODS = [
  [1, 'a day'],
  [30, '30 days'],
  [90, '90 days'],
  [365, 'a year'],
] as const;
const DEFAULT_DAYS = 90;

/** Connects Docker clients to an environment: creates client certificates, shows how to use them, revokes them. */
export class ConnectClientElement extends LitElement {
  static override properties = {
    client: { attribute: false },
    environmentId: { attribute: false },
    environment: { state: true },
    items: { state: true },
    created: { state: true },
  };
  static override styles = [
    styles,
    fieldStyles,
    css`
      form,
      section {
        display: grid;
        gap: 0.9rem;
        margin: 1rem 0;
      }
      form {
        grid-template-columns: repeat(auto-fit, minmax(min(100%, 14rem), 1fr));
        align-items: end;
        max-width: 52rem;
      }
      form > button {
        justify-self: start;
      }
      form > .wide {
        grid-column: 1 / -1;
      }
      section {
        border-top: 1px solid var(--line);
        padding-top: 1rem;
      }
      p {
        margin: 0;
      }
      ol {
        margin: 0;
        padding-left: 1.4rem;
        display: grid;
        gap: 0.9rem;
      }
      li {
        min-width: 0;
      }
    `,
  ];
  declare client: ApiClient;
  declare environmentId: number;
  declare private environment: EnvironmentView | null;
  declare private items: readonly DockerAccessView[];
  /** Its key is shown only once: it is lost when the view closes. */
  declare private created: DockerAccessCreated | null;
  readonly #form = new FormState<'name' | 'node'>({ name: '', node: '' }, () => this.requestUpdate());
  #days: number = DEFAULT_DAYS;
  readonly #task = new AsyncTask(this);

  constructor() {
    super();
    this.environment = null;
    this.items = [];
    this.created = null;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    void this.#task.run(async () => {
      this.environment = await this.client.call<EnvironmentView>('GET', this.#path);
      await this.#list();
    });
  }

  override render(): TemplateResult {
    const { environment, created } = this;
    const name = environment?.name ?? `environment ${this.environmentId}`;
    return html`
      <div class="bar">
        <h2 tabindex="-1">Connect a Docker client to ${name}</h2>
        <button type="button" @click=${() => navigate(this, environmentPath(this.environmentId))}>Back</button>
      </div>
      <p class="soft">With a client certificate, any Docker client uses this environment like a local engine. Whoever has the
        certificate’s key can do everything Docker can do there.</p>
      ${errorNotice(this.#task.error)}
      ${created ? this.#created(created) : this.#fields()}
      <section aria-labelledby="certificates">
        <h3 id="certificates">Client certificates</h3>
        <fairlead-docker-access-list .items=${this.items} .nowMs=${this.client.hubTime.now()} .isBusy=${this.#task.isBusy}
          @revoke=${({ detail }: CustomEvent<DockerAccessView>) => void this.#revoke(detail)}></fairlead-docker-access-list>
      </section>
    `;
  }

  #fields(): TemplateResult {
    const form = this.#form;
    return html`<form novalidate @submit=${(event: SubmitEvent) => void this.#create(event)}>
      <div class="wide">${errorNotice(form.generalFault)}</div>
      ${textField(form, 'name', { label: 'Name, such as laptop of ann', maxLength: 64 })}
      ${this.environment?.swarm ? textField(form, 'node', { label: 'Node. Empty: the leader', maxLength: 255 }) : ''}
      <label>Valid for
        <select name="days" @change=${({ target }: Event) => {
          this.#days = Number((target as HTMLSelectElement).value);
        }}>
          ${PERIODS.map(([days, label]) => html`<option value=${days} ?selected=${days === this.#days}>${label}</option>`)}
        </select>
      </label>
      <button class="main" type="submit" ?disabled=${this.#task.isBusy}>Create certificate</button>
    </form>`;
  }

  #created(created: DockerAccessCreated): TemplateResult {
    const { id, context, expiresAt } = created;
    return html`<section aria-labelledby="created">
      <h3 id="created">Certificate of ${created.name}</h3>
      <p class="notice good" role="status">Created, valid until ${new Date(expiresAt).toLocaleString()}. Download it now: its key is shown only once.</p>
      <ol>
        <li>
          <button class="main" type="button" @click=${() => this.#download(created)}>Download certificate</button>
        </li>
        <li>
          <fairlead-copy-text label="the command that unpacks it" note="Unpack it on the client’s machine."
            .text=${unpackCommand(context, id)}></fairlead-copy-text>
        </li>
        <li>
          Connect the client.
          <fairlead-tabbed-texts label="Docker client" .tabs=${clientTabs(context)}></fairlead-tabbed-texts>
        </li>
      </ol>
      <p><button type="button" @click=${() => {
        this.created = null;
      }}>Create another</button></p>
    </section>`;
  }

  #download({ id, ca, certificate, key, context }: DockerAccessCreated): void {
    const archive = certificateArchive({ ca, certificate, key: key ?? null }, this.client.hubTime.now());
    const url = URL.createObjectURL(new Blob([archive], { type: 'application/x-tar' }));
    const link = Object.assign(document.createElement('a'), {
      href: url,
      download: archiveName(context, id),
    });
    link.click();
    // The browser has not read it yet.
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
  }

  async #create(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const form = this.#form;
    const node = form.value('node').trim();
    const body: CreateDockerAccess = {
      name: form.value('name'),
      expiresAt: new Date(this.client.hubTime.now() + this.#days * DAY_MS).toISOString(),
      ...(node !== '' && { node }),
    };
    form.fault = null;
    await this.#task.run(
      async () => {
        this.created = await this.client.call<DockerAccessCreated>('POST', `${this.#path}/docker-access`, {
          body,
        });
        form.reset();
        await this.#list();
      },
      (error) => form.refuse(error, { 'node-not-found': 'node', 'node-ambiguous': 'node' }),
    );
  }

  async #revoke({ id }: DockerAccessView): Promise<void> {
    await this.#task.run(async () => {
      await this.client.call('DELETE', `${this.#path}/docker-access/${id}`);
      if (this.created?.id === id) this.created = null;
      await this.#list();
    });
  }

  get #path(): string {
    return `/environments/${this.environmentId}`;
  }

  async #list(): Promise<void> {
    this.items = (await this.client.call<DockerAccessList>('GET', `${this.#path}/docker-access`)).items;
  }
}
