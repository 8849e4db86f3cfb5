import { css, html, LitElement, type PropertyValues, type TemplateResult } from 'lit';
import { styles } from '../styles/shared.js';
import { defineElement } from './define-element.js';

/** A text with a copy button. */
export class CopyTextElement extends LitElement {
  static override properties = { text: {}, label: {}, note: {}, copied: { state: true } };
  static override styles = [
    styles,
    css`
      pre {
        margin: 0.5rem 0;
        max-height: 20rem;
        white-space: pre-wrap;
        overflow-wrap: anywhere;
      }
    `,
  ];
  declare text: string;
  /** Name of the text, for the button: `the command for Docker`. */
  declare label: string;
  /** Instruction above the text. */
  declare note: string;
  /** Outcome of the last copy; '' before. */
  declare private copied: string;

  constructor() {
    super();
    this.copied = '';
  }

  override render(): TemplateResult {
    return html`
      <div class="bar">
        <span class="soft">${this.note}</span>
        <span class="tools">
          <span class="soft" role="status">${this.copied}</span>
          <button type="button" aria-label=${`Copy ${this.label}`} @click=${() => void this.#copy()}>Copy</button>
        </span>
      </div>
      <pre tabindex="0" role="group" aria-label=${this.label}>${this.text}</pre>
    `;
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('text')) this.copied = '';
  }

  async #copy(): Promise<void> {
    this.copied = await navigator.clipboard.writeText(this.text).then(
      () => 'Copied.',
      () => 'The browser blocked copying: select the text instead.',
    );
  }
}

defineElement('fairlead-copy-text', CopyTextElement);
