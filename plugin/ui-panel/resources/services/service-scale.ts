import { css, html, LitElement, type TemplateResult } from 'lit';
import { defineElement } from '../../elements/define-element.js';
import { ActedEvent } from '../../elements/resource-list/acted-event.js';
import { scaleService } from '../../engine/change-service.js';
import type { EngineClient } from '../../engine/client.js';
import type { Service } from '../../engine/model/service.js';
import { toError } from '../../format/error.js';
import { styles } from '../../styles/shared.js';

/** Upper limit, against typing errors. */
const MAX_REPLICAS = 10_000;

/** Form for a service's number of replicas. Dispatches `ActedEvent`, with the error if scaling failed. */
export class ServiceScaleElement extends LitElement {
  static override properties = {
    service: { attribute: false },
    engine: { attribute: false },
    draft: { state: true },
    isBusy: { state: true },
  };
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
  declare engine: EngineClient;
  /** Unsaved input; null: none. */
  declare private draft: string | null;
  declare private isBusy: boolean;

  constructor() {
    super();
    this.draft = null;
    this.isBusy = false;
  }

  override render(): TemplateResult {
    const { name, replicas } = this.service;
    const value = this.draft ?? String(replicas ?? 0);
    const isUnchanged = value === String(replicas);
    return html`<form @submit=${(event: SubmitEvent) => void this.#submit(event)}>
      <input type="number" required min="0" max=${MAX_REPLICAS} step="1" aria-label=${`Replicas of ${name}`} .value=${value}
        @input=${(event: InputEvent) => {
          this.draft = (event.target as HTMLInputElement).value;
        }}>
      <button type="submit" aria-label=${`Scale ${name}`} ?disabled=${this.isBusy || isUnchanged}>Scale</button>
    </form>`;
  }

  async #submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const { draft, engine, service } = this;
    if (draft === null) return;
    this.draft = null;
    this.isBusy = true;
    let error: Error | null = null;
    try {
      // Not ended with the element: its row may move, and the outcome matters all the same.
      await scaleService(engine, service, Number(draft));
    } catch (reason) {
      const { message } = toError(reason);
      error = new Error(`${service.name} was not scaled: ${message}`, { cause: reason });
    }
    this.isBusy = false;
    this.dispatchEvent(new ActedEvent(error === null, error));
  }
}

defineElement('fairlead-service-scale', ServiceScaleElement);
