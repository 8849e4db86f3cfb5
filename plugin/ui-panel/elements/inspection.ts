import { css, html, LitElement, type TemplateResult } from 'lit';
import { defineElement } from '../define-element.js';
import { styles } from '../styles.js';

/** All that an engine says of something, as JSON. Tells `close-tool`. */
export class InspectionElement extends LitElement {
  static override properties = { name: { attribute: false }, load: { attribute: false } };
  static override styles = [
    styles,
    css`
      section {
        margin: 0.8rem 0;
      }
      h3:focus {
        outline: none;
      }
      pre {
        max-height: 30rem;
        margin-top: 0.5rem;
        white-space: pre-wrap;
        overflow-wrap: anywhere;
      }
    `,
  ];
  /** As people call it; the engine's text. */
  declare name: string;
  /** Asks for it, once. */
  declare load: (signal: AbortSignal) => Promise<unknown>;
  #text = 'Asking …';
  #work = new AbortController();

  override connectedCallback(): void {
    super.connectedCallback();
    this.#work = new AbortController();
    void this.#ask(this.#work.signal);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#work.abort();
  }

  override firstUpdated(): void {
    this.renderRoot.querySelector('h3')?.focus();
  }

  override render(): TemplateResult {
    return html`<section aria-label=${`Inspection of ${this.name}`}>
      <div class="bar">
        <h3 tabindex="-1">Inspection of ${this.name}</h3>
        <button type="button" @click=${() => this.dispatchEvent(new CustomEvent('close-tool'))}>Close</button>
      </div>
      <pre tabindex="0" aria-label="JSON">${this.#text}</pre>
    </section>`;
  }

  async #ask(signal: AbortSignal): Promise<void> {
    try {
      this.#text = JSON.stringify(await this.load(signal), null, 2);
    } catch (error) {
      this.#text = error instanceof Error ? error.message : String(error);
    }
    this.requestUpdate();
  }
}

defineElement('fairlead-inspection', InspectionElement);
