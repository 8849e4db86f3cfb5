import '../../elements/find-bar.js';
import { css, html, type TemplateResult } from 'lit';
import { Subscription } from '../../elements/controllers/subscription.js';
import { defineElement } from '../../elements/define-element.js';
import { toError } from '../../format/error.js';
import { findPattern, markView } from '../../format/highlight.js';
import { EngineToolElement } from '../engine-tool.js';
import { inspectionPath } from '../subject.js';
import { type ContainerFact, containerFacts } from './container-facts.js';

/** Lines shown; Copy has all. */
const MAX_LINES = 20_000;
/** Characters shown of a line or fact; Copy has all. */
const MAX_CHARACTERS = 2_000;

/** An inspection as searchable JSON; for containers with a summary of facts first. */
export class InspectToolElement extends EngineToolElement {
  static override styles = [
    ...EngineToolElement.styles,
    css`
      dl {
        display: grid;
        grid-template-columns: max-content minmax(0, 1fr);
        gap: 0.3rem 1rem;
        margin: 0.8rem 0;
      }
      dt {
        color: var(--soft);
      }
      dd {
        margin: 0;
        overflow-wrap: anywhere;
      }
      dd > div {
        white-space: pre-wrap;
      }
      pre {
        position: relative;
        max-height: 30rem;
        margin-top: 0.6rem;
        white-space: pre-wrap;
        overflow-wrap: anywhere;
      }
      mark {
        color: #1b2430;
        background: #ffd54a;
      }
      .current mark {
        outline: 2px solid var(--accent);
      }
      @media (max-width: 40rem) {
        dl {
          grid-template-columns: minmax(0, 1fr);
          gap: 0.1rem;
        }
        dd {
          margin-bottom: 0.5rem;
        }
      }
    `,
  ];
  static override properties = {
    facts: { state: true },
    lines: { state: true },
    pattern: { state: true },
    place: { state: true },
  };
  protected readonly noun = 'Inspection';
  declare private facts: readonly ContainerFact[];
  declare private lines: readonly string[];
  declare private pattern: RegExp | null;
  /** Index of the current match; -1: none. */
  declare private place: number;
  /** Indexes of the lines that match. */
  #found: readonly number[] = [];
  #work = new AbortController();
  /** Signal of the running call. */
  #reading: AbortSignal | null = null;
  /** An event arrived during the call. */
  #isStale = false;

  constructor() {
    super();
    this.facts = [];
    this.lines = [];
    this.pattern = null;
    this.place = -1;
    new Subscription(this, () =>
      this.live.feed.subscribe(({ type, id, action }) => {
        if (type === this.subject.kind && id === this.subject.id && action !== 'destroy') void this.#read();
      }),
    );
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#work = new AbortController();
    void this.#read();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#work.abort();
  }

  override render(): TemplateResult {
    return this.frame(
      html`<button type="button" ?disabled=${this.lines.length === 0} @click=${() => void this.#copy()}>Copy JSON</button>`,
      html`<dl>${this.facts.map(
        ({ name, values }) =>
          html`<dt>${name}</dt><dd>${values.map((value) => html`<div>${cut(value)}</div>`)}</dd>`,
      )}</dl>
      <fairlead-find-bar label="Find in the JSON" .count=${this.pattern ? this.#found.length : null}
        .place=${this.place < 0 ? null : this.place + 1} @find=${(event: CustomEvent<string>) => this.#search(event.detail)}
        @find-step=${(event: CustomEvent<1 | -1>) => void this.#step(event.detail)}></fairlead-find-bar>
      <pre tabindex="0" role="region" aria-label="JSON">${this.lines.slice(0, MAX_LINES).map(
        (line, index) =>
          html`<span class=${index === this.#found[this.place] ? 'current' : ''} data-line=${index}>${markView(cut(line), this.pattern)}
</span>`,
      )}</pre>
      ${this.lines.length > MAX_LINES ? html`<p class="notice">${this.lines.length - MAX_LINES} more lines are in the copy.</p>` : ''}`,
    );
  }

  /** One call at a time, and one more after it: there may be a thousand events. */
  async #read(): Promise<void> {
    const { signal } = this.#work;
    if (this.#reading === signal) {
      this.#isStale = true;
      return;
    }
    this.#reading = signal;
    do {
      this.#isStale = false;
      await this.#readOnce(signal);
    } while (this.#isStale && !signal.aborted);
    if (this.#reading === signal) this.#reading = null;
  }

  async #readOnce(signal: AbortSignal): Promise<void> {
    try {
      const { kind } = this.subject;
      const inspected = await this.live.engine.call<unknown>('GET', inspectionPath(this.subject), { signal });
      this.facts = kind === 'container' ? containerFacts(inspected) : [];
      this.lines = JSON.stringify(inspected, null, 2).split('\n');
      this.#find();
      // Engines have no events of tasks.
      this.status = kind === 'task' ? 'As of opening' : 'Live';
    } catch (error) {
      if (!signal.aborted) this.status = toError(error).message;
    }
  }

  #search(text: string): void {
    this.pattern = findPattern(text);
    this.place = -1;
    this.#find();
  }

  #find(): void {
    const pattern = this.pattern;
    this.#found = pattern
      ? this.lines.slice(0, MAX_LINES).flatMap((line, index) => (line.search(pattern) >= 0 ? [index] : []))
      : [];
    this.place = Math.min(this.place, this.#found.length - 1);
  }

  async #step(step: 1 | -1): Promise<void> {
    const { length } = this.#found;
    if (length === 0) return;
    this.place = (this.place < 0 && step < 0 ? length - 1 : this.place + step + length) % length;
    await this.updateComplete;
    const line = this.renderRoot.querySelector<HTMLElement>('.current');
    const pre = this.renderRoot.querySelector('pre');
    if (line && pre) pre.scrollTop = line.offsetTop - pre.clientHeight / 2;
  }

  async #copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(this.lines.join('\n'));
      this.status = 'Copied';
    } catch {
      this.status = 'The browser blocked copying';
    }
  }
}

function cut(text: string): string {
  return text.length > MAX_CHARACTERS ? `${text.slice(0, MAX_CHARACTERS)} …` : text;
}

defineElement('fairlead-inspect', InspectToolElement);
