import { css, html, LitElement, type TemplateResult } from 'lit';
import { styles } from '../styles/shared.js';
import { defineElement } from './define-element.js';

/**
 * A search field for a text of its owner. Dispatches `find` with the search text, and `find-step` with 1 or -1: Enter
 * and Shift+Enter, or its buttons.
 */
export class FindBarElement extends LitElement {
  static override properties = {
    label: {},
    count: { attribute: false },
    place: { attribute: false },
  };
  static override styles = [
    styles,
    css`
      form {
        display: flex;
        flex-wrap: wrap;
        gap: 0.4rem;
        align-items: end;
      }
      label {
        flex: 1 1 10rem;
      }
      .count {
        min-width: 6.5rem;
        line-height: 2.25rem;
      }
    `,
  ];
  declare label: string;
  /** Number of matches; null: no search. */
  declare count: number | null;
  /** The current match, from 1; null: none. */
  declare place: number | null;

  override render(): TemplateResult {
    const { count, place } = this;
    const none = !count;
    const summary = count === null ? '' : place === null ? `${count} found` : `${place} of ${count}`;
    return html`<form role="search" aria-label=${this.label} @submit=${(event: SubmitEvent) => event.preventDefault()}>
      <label>${this.label}
        <input type="search" autocomplete="off" spellcheck="false"
          @input=${(event: InputEvent) => this.#emit('find', (event.target as HTMLInputElement).value)}
          @keydown=${(event: KeyboardEvent) => this.#press(event)}>
      </label>
      <button type="button" aria-label="Previous match" ?disabled=${none} @click=${() => this.#emit('find-step', -1)}>↑</button>
      <button type="button" aria-label="Next match" ?disabled=${none} @click=${() => this.#emit('find-step', 1)}>↓</button>
      <span class="count soft" aria-live=${place === null ? 'off' : 'polite'}>${summary}</span>
    </form>`;
  }

  #press(event: KeyboardEvent): void {
    if (event.key === 'Enter' && !event.isComposing) this.#emit('find-step', event.shiftKey ? -1 : 1);
  }

  #emit(type: string, detail: unknown): void {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

defineElement('fairlead-find-bar', FindBarElement);
