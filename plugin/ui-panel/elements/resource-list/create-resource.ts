import { css, html, LitElement, type TemplateResult } from 'lit';
import { errorNotice } from '../../format/error.js';
import { styles } from '../../styles/shared.js';
import { AsyncTask } from '../controllers/async-task.js';
import { defineElement } from '../define-element.js';
import { ActedEvent } from './acted-event.js';

/** A button with a form for a name and a driver. Laid out in a row with others. Dispatches `ActedEvent`. */
export class CreateResourceElement extends LitElement {
  static override properties = {
    noun: { attribute: false },
    drivers: { attribute: false },
    create: { attribute: false },
    isOpen: { state: true },
  };
  static override styles = [
    styles,
    css`
      :host {
        display: contents;
      }
      form {
        order: 1;
        flex: 1 0 100%;
        display: flex;
        flex-wrap: wrap;
        gap: 0.7rem;
        align-items: end;
        padding: 0.8rem 1rem;
        border: 1px solid var(--line);
        border-radius: 0.5rem;
      }
      label {
        flex: 0 1 16rem;
      }
      .notice {
        flex: 1 0 100%;
        margin: 0;
      }
    `,
  ];
  /** Such as `volume`. */
  declare noun: string;
  /** Suggested drivers; any other can be typed. The first one is the default. */
  declare drivers: readonly string[];
  /** @throws errors whose message is shown */
  declare create: (name: string, driver: string) => Promise<unknown>;
  declare private isOpen: boolean;
  readonly #task = new AsyncTask(this);

  constructor() {
    super();
    this.isOpen = false;
  }

  override render(): TemplateResult {
    return html`
      <button type="button" aria-expanded=${this.isOpen} @click=${() => this.#toggle()}>Create a ${this.noun}</button>
      ${this.isOpen ? this.#form() : ''}
    `;
  }

  #form(): TemplateResult {
    const { isBusy, error } = this.#task;
    return html`<form aria-label=${`Create a ${this.noun}`} @submit=${(event: SubmitEvent) => void this.#submit(event)}>
      <label>Name <input name="name" required maxlength="200" autocomplete="off" spellcheck="false"></label>
      <label>Driver <input name="driver" required maxlength="200" autocomplete="off" spellcheck="false" list="drivers" .value=${this.drivers[0] ?? ''}></label>
      <datalist id="drivers">${this.drivers.map((driver) => html`<option value=${driver}></option>`)}</datalist>
      <button class="main" type="submit" ?disabled=${isBusy}>Create</button>
      ${errorNotice(error)}
    </form>`;
  }

  async #submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const data = new FormData(event.target as HTMLFormElement);
    const [name, driver] = [String(data.get('name')).trim(), String(data.get('driver')).trim()];
    const isDone = (await this.#task.run(() => this.create(name, driver))) === 'done';
    if (isDone) this.isOpen = false;
    this.dispatchEvent(new ActedEvent(isDone));
  }

  #toggle(): void {
    this.isOpen = !this.isOpen;
    this.#task.error = null;
  }
}

defineElement('fairlead-create-resource', CreateResourceElement);
