import { css, html, LitElement, type TemplateResult } from 'lit';
import { defineElement } from '../../elements/define-element.js';
import type { Service } from '../../engine/model/service.js';
import { styles } from '../../styles/shared.js';

/** Upper limit, against typing errors. */
const MAX_REPLICAS = 10_000;

/** Form for a service's number of replicas. Dispatches `scale` with the number. */
export class ServiceScaleElement extends LitElement {
  static override properties = { service: { attribute: false }, isBusy: { attribute: false } };
  static override styles = [
    styles,
    css`
      form {
        display: flex;
        gap: 0.4rem;
        align-items: center;
      }
      input {
        width: 5.5rem;
      }
    `,
  ];
  declare service: Service;
  declare isBusy: boolean;
  /** Unsaved input; null: none. */
  #draft: string | null = null;

  override render(): TemplateResult {
    const { name, replicas } = this.service;
    const value = this.#draft ?? String(replicas ?? 0);
    return html`<form @submit=${(event: SubmitEvent) => this.#submit(event)}>
      <input type="number" required min="0" max=${MAX_REPLICAS} step="1" aria-label=${`Replicas of ${name}`} .value=${value}
        @input=${(event: InputEvent) => this.#type((event.target as HTMLInputElement).value)}>
      <button type="submit" aria-label=${`Scale ${name}`} ?disabled=${this.isBusy || value === String(replicas)}>Scale</button>
    </form>`;
  }

  #type(value: string): void {
    this.#draft = value;
    this.requestUpdate();
  }

  #submit(event: SubmitEvent): void {
    event.preventDefault();
    if (this.#draft === null) return;
    this.dispatchEvent(new CustomEvent('scale', { detail: Number(this.#draft) }));
    this.#draft = null;
    this.requestUpdate();
  }
}

defineElement('fairlead-service-scale', ServiceScaleElement);
