import './copy-text.js';
import { css, html, LitElement, type TemplateResult } from 'lit';
import { styles } from '../styles/shared.js';
import { defineElement } from './define-element.js';
import type { TextTab } from './text-tab.js';

/** Alternatives, each with texts to copy, as tabs: arrow keys change them. */
export class TabbedTextsElement extends LitElement {
  static override properties = { tabs: { attribute: false }, label: {}, chosen: { state: true } };
  static override styles = [
    styles,
    css`
      [role='tablist'] {
        display: flex;
        flex-wrap: wrap;
        gap: 0.4rem;
        margin: 1rem 0 0.6rem;
      }
      fairlead-copy-text {
        margin-bottom: 0.8rem;
      }
    `,
  ];
  declare tabs: readonly TextTab[];
  /** What the tabs are alternatives of. */
  declare label: string;
  /** Empty: the first one. */
  declare private chosen: string;

  constructor() {
    super();
    this.chosen = '';
  }

  override render(): TemplateResult {
    const shown = this.#shown;
    return html`
      <div role="tablist" aria-label=${this.label} @keydown=${(event: KeyboardEvent) => this.#move(event)}>
        ${this.tabs.map(
          ({ id, label }) => html`<button type="button" role="tab" id=${id} aria-controls="texts"
            aria-selected=${id === shown?.id} tabindex=${id === shown?.id ? 0 : -1} @click=${() => {
              this.chosen = id;
            }}>${label}</button>`,
        )}
      </div>
      <div role="tabpanel" id="texts" aria-labelledby=${shown?.id ?? ''}>
        ${shown?.pastes.map(
          ({ label, note, text }) =>
            html`<fairlead-copy-text .label=${label} .note=${note} .text=${text}></fairlead-copy-text>`,
        )}
      </div>
    `;
  }

  get #shown(): TextTab | undefined {
    return this.tabs.find(({ id }) => id === this.chosen) ?? this.tabs[0];
  }

  #move(event: KeyboardEvent): void {
    const { tabs } = this;
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? tabs.length - 1 : 0;
    const shown = this.#shown;
    if (step === 0 || !shown) return;
    this.chosen = tabs[(tabs.indexOf(shown) + step) % tabs.length]?.id ?? '';
    this.renderRoot.querySelector<HTMLElement>(`#${this.chosen}`)?.focus();
  }
}

defineElement('fairlead-tabbed-texts', TabbedTextsElement);
