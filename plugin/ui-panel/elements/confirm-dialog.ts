import { css, html, LitElement, type TemplateResult } from 'lit';
import { styles } from '../styles/shared.js';
import { defineElement } from './define-element.js';
import type { ConfirmOption } from './resource-list/resource.js';

/** Contents of the dialog. */
export interface ConfirmQuestion {
  /** Such as `Remove 3 containers?`. */
  readonly title: string;
  /** Names of the affected items. */
  readonly names: readonly string[];
  /** Consequences. */
  readonly warning?: string | undefined;
  /** Label of the confirming button, such as `Remove`. */
  readonly confirm: string;
  readonly options?: readonly ConfirmOption[] | undefined;
}

/** Confirms a destructive action. Escape and Cancel decline. */
export class ConfirmDialogElement extends LitElement {
  static override properties = { question: { state: true } };
  static override styles = [
    styles,
    css`
      dialog {
        width: min(32rem, calc(100vw - 2rem));
        max-height: calc(100vh - 2rem);
        padding: 1.1rem 1.2rem;
        border: 1px solid var(--edge);
        border-radius: 0.6rem;
        color: var(--ink);
        background: var(--ground);
      }
      dialog::backdrop {
        background: rgb(0 0 0 / 50%);
      }
      ul {
        max-height: 12rem;
        overflow-y: auto;
        margin: 0.8rem 0;
        padding: 0.5rem 0.8rem 0.5rem 1.8rem;
        border: 1px solid var(--line);
        border-radius: 0.4rem;
        overflow-wrap: anywhere;
      }
      .options {
        display: grid;
        gap: 0.5rem;
        margin: 0.8rem 0;
      }
      .bar {
        justify-content: flex-end;
      }
    `,
  ];
  declare private question: ConfirmQuestion | null;
  #answer: (chosen: ReadonlySet<string> | null) => void = () => {};

  constructor() {
    super();
    this.question = null;
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#close(null);
  }

  /** Resolves with the chosen options; null: cancelled. */
  async ask(question: ConfirmQuestion): Promise<ReadonlySet<string> | null> {
    this.#close(null);
    this.question = question;
    await this.updateComplete;
    const answer = new Promise<ReadonlySet<string> | null>((resolve) => {
      this.#answer = resolve;
    });
    this.#dialog?.showModal();
    return answer;
  }

  override render(): TemplateResult {
    const { question } = this;
    if (!question) return html``;
    const { title, names, warning, confirm, options = [] } = question;
    return html`<dialog aria-labelledby="title" @close=${() => this.#close(null)}>
      <form method="dialog" @submit=${(event: SubmitEvent) => this.#submit(event)}>
        <h2 id="title">${title}</h2>
        ${names.length > 0 ? html`<ul tabindex="0" aria-label="Affected items">${names.map((name) => html`<li>${name}</li>`)}</ul>` : ''}
        ${warning ? html`<p>${warning}</p>` : ''}
        ${
          options.length > 0
            ? html`<div class="options">${options.map(
                ({ id, label }) =>
                  html`<label class="check"><input type="checkbox" name="option" value=${id}><span>${label}</span></label>`,
              )}</div>`
            : ''
        }
        <div class="bar">
          <button type="button" autofocus @click=${() => this.#close(null)}>Cancel</button>
          <button class="danger" type="submit">${confirm}</button>
        </div>
      </form>
    </dialog>`;
  }

  get #dialog(): HTMLDialogElement | null {
    return this.renderRoot.querySelector('dialog');
  }

  #submit(event: SubmitEvent): void {
    const chosen = new FormData(event.target as HTMLFormElement).getAll('option').map(String);
    this.#close(new Set(chosen));
  }

  #close(chosen: ReadonlySet<string> | null): void {
    const answer = this.#answer;
    this.#answer = () => {};
    this.#dialog?.close();
    this.question = null;
    answer(chosen);
  }
}

/** Asks in the dialog of a shadow root. Resolves with the chosen options; null: cancelled. */
export async function askToConfirm(
  root: HTMLElement | DocumentFragment,
  question: ConfirmQuestion,
): Promise<ReadonlySet<string> | null> {
  return root.querySelector<ConfirmDialogElement>('fairlead-confirm-dialog')?.ask(question) ?? null;
}

defineElement('fairlead-confirm-dialog', ConfirmDialogElement);
