import { css, html, LitElement, type TemplateResult } from 'lit';
import { toError } from '../../format/error.js';
import { styles } from '../../styles/shared.js';
import { askToConfirm } from '../confirm-dialog.js';
import { defineElement } from '../define-element.js';
import { ActedEvent } from './acted-event.js';

/** A prune offered by the engine, such as of unused volumes. */
export interface CleanUp {
  /** Button label, such as `Remove unused`. */
  readonly label: string;
  /** Such as `Remove all volumes that no container uses?`. */
  readonly question: string;
  readonly warning: string;
  /** Items to remove, as far as the page knows; empty: the button is disabled. */
  readonly names: readonly string[];
  /** Resolves with a summary of what was removed. */
  readonly run: () => Promise<string>;
}

/** Prune buttons: each asks first and reports what was removed. Dispatches `ActedEvent`. Laid out in a row with others. */
export class CleanUpElement extends LitElement {
  static override properties = { offers: { attribute: false }, report: { state: true } };
  static override styles = [
    styles,
    css`
      :host {
        display: contents;
      }
      .notice {
        order: 1;
        flex: 1 0 100%;
        margin: 0;
      }
    `,
  ];
  declare offers: readonly CleanUp[];
  /** Of the last prune; null: none. */
  declare private report: { readonly tone: 'good' | 'bad' | ''; readonly message: string } | null;

  constructor() {
    super();
    this.report = null;
  }

  override render(): TemplateResult {
    const { report } = this;
    const isBusy = report?.tone === '';
    return html`
      ${this.offers.map(
        (offer) => html`<button type="button" ?disabled=${isBusy || offer.names.length === 0}
          @click=${() => void this.#do(offer)}>${offer.label}</button>`,
      )}
      ${report ? html`<p class="notice ${report.tone}" role="status">${report.message}</p>` : ''}
      <fairlead-confirm-dialog></fairlead-confirm-dialog>
    `;
  }

  async #do({ label, question, warning, names, run }: CleanUp): Promise<void> {
    const answer = await askToConfirm(this.renderRoot, { title: question, names, warning, confirm: label });
    if (!answer) return;
    this.report = { tone: '', message: `${label} …` };
    this.report = await run().then(
      (message) => ({ tone: 'good', message }),
      (error: unknown) => ({ tone: 'bad', message: toError(error).message }),
    );
    this.dispatchEvent(new ActedEvent(this.report.tone === 'good'));
  }
}

defineElement('fairlead-clean-up', CleanUpElement);
