import { type CSSResult, css, html, LitElement, type PropertyDeclarations, type TemplateResult } from 'lit';
import type { LiveEngine } from '../engine/source.js';
import { styles } from '../styles/shared.js';
import type { Subject } from './subject.js';

/** Base of the tools that open next to a list for one row: frame and properties. Dispatches `close-tool`. */
export abstract class EngineToolElement extends LitElement {
  static override properties: PropertyDeclarations = {
    live: { attribute: false },
    subject: { attribute: false },
    isRemoved: { attribute: false },
    status: { state: true },
  };
  static override styles: CSSResult[] = [
    styles,
    css`
      section {
        margin: 0.8rem 0 1.4rem;
        padding: 0.8rem;
        border: 1px solid var(--line);
        border-radius: 0.5rem;
      }
      h3:focus {
        outline: none;
      }
      .bar {
        justify-content: flex-start;
      }
      .bar > .tools {
        margin-left: auto;
      }
    `,
  ];
  /** The engine is the subject's own. */
  declare live: LiveEngine;
  /** Kind and id do not change. */
  declare subject: Subject;
  /** Whether it has been removed. */
  declare isRemoved: boolean;
  /** Name of the tool, such as `Log`. */
  protected abstract readonly noun: string;
  /** Shown in the head, and read out by screen readers. */
  declare protected status: string;

  constructor() {
    super();
    this.status = 'Opening …';
  }

  override firstUpdated(): void {
    this.renderRoot.querySelector('h3')?.focus();
  }

  protected frame(tools: TemplateResult | string, content: TemplateResult): TemplateResult {
    const { kind, name } = this.subject;
    const title = `${this.noun} of ${name}`;
    return html`<section aria-label=${title}>
      <div class="bar">
        <h3 tabindex="-1">${title}</h3>
        <span class="soft" role="status">${this.status}</span>
        <span class="tools">
          ${tools}
          <button type="button" class="close" @click=${() => this.dispatchEvent(new CustomEvent('close-tool'))}>Close</button>
        </span>
      </div>
      ${this.isRemoved ? html`<p class="notice bad" role="alert">This ${kind} was removed. Its last data stays until you close this.</p>` : ''}
      ${content}
    </section>`;
  }
}
