import { css, html, LitElement, type TemplateResult } from 'lit';
import { styles } from '../../styles/shared.js';
import { defineElement } from '../define-element.js';
import { ActedEvent } from './acted-event.js';

/** A button with a form for a name and a driver. Laid out in a row with others. Dispatches `ActedEvent`. */
export class CreateResourceElement extends LitElement {
  static override properties = {
    noun: { attribute: false },
    drivers: { attribute: false },
    create: { attribute: false },
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
  #isOpen = false;
  #isBusy = false;
  #error = '';

  override render(): TemplateResult {
    return html`
      <button type="button" aria-expanded=${this.#isOpen} @click=${() => this.#show({ isOpen: !this.#isOpen })}>Create a ${this.noun}</button>
      ${this.#isOpen ? this.#form() : ''}
    `;
  }

  #form(): TemplateResult {
    return html`<form aria-label=${`Create a ${this.noun}`} @submit=${(event: SubmitEvent) => void this.#submit(event)}>
      <label>Name <input name="name" required maxlength="200" autocomplete="off" spellcheck="false"></label>
      <label>Driver <input name="driver" required maxlength="200" autocomplete="off" spellcheck="false" list="drivers" .value=${this.drivers[0] ?? ''}></label>
      <datalist id="drivers">${this.drivers.map((driver) => html`<option value=${driver}></option>`)}</datalist>
      <button class="main" type="submit" ?disabled=${this.#isBusy}>Create</button>
      ${this.#error ? html`<p class="notice bad" role="alert">${this.#error}</p>` : ''}
    </form>`;
  }

  async #submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const data = new FormData(event.target as HTMLFormElement);
    this.#show({ isBusy: true, error: '' });
    try {
      await this.create(String(data.get('name')).trim(), String(data.get('driver')).trim());
      this.#show({ isOpen: false, isBusy: false });
    } catch (error) {
      this.#show({ isBusy: false, error: error instanceof Error ? error.message : String(error) });
    }
    this.dispatchEvent(new ActedEvent());
  }

  #show({ isOpen = this.#isOpen, isBusy = this.#isBusy, error = '' }): void {
    this.#isOpen = isOpen;
    this.#isBusy = isBusy;
    this.#error = error;
    this.requestUpdate();
  }
}

defineElement('fairlead-create-resource', CreateResourceElement);
