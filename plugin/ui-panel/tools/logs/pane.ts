import { css, html, LitElement, type PropertyValues, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { defineElement } from '../../elements/define-element.js';
import { markView } from '../../format/highlight.js';
import { styles } from '../../styles/shared.js';
import type { LineList, NumberedLine } from './lines.js';

/** Styles of log lines. */
export const logPaneStyles = css`
  .lines {
    position: relative;
    height: 24rem;
    max-height: 70vh;
    padding: 0.5rem 0;
    overflow: auto;
    overflow-anchor: none;
    border: 1px solid var(--line);
    border-radius: 0.4rem;
    background: var(--raised);
    font:
      0.85rem / 1.45 ui-monospace,
      monospace;
    white-space: pre-wrap;
    overflow-wrap: anywhere;
  }
  .lines > div {
    min-height: 1.45em;
    padding: 0 0.7rem;
    border-left: 3px solid transparent;
  }
  .lines > .error {
    border-left-color: var(--bad);
  }
  .time,
  .task,
  .stream {
    color: var(--soft);
  }
  .stream {
    margin-right: 0.6em;
    font-size: 0.75rem;
    user-select: none;
  }
  .error > .stream {
    color: var(--bad);
  }
  mark {
    color: #1b2430;
    background: #ffd54a;
  }
  .current {
    background: var(--ground);
    outline: 1px solid var(--accent);
    outline-offset: -1px;
  }
`;

/** Rendered lines; the window moves by half of them. */
const WINDOW = 300;
const STEP = 150;
/** This close to the pane's end, px, counts as the end. */
const NEAR_PX = 4;

/**
 * Renders a few hundred lines around the reader's position: the end as it grows, or wherever they scrolled to.
 * Dispatches `follow` with whether it shows the end: scrolling up leaves it, End and the last line return to it.
 */
export class LogPaneElement extends LitElement {
  static override properties = {
    lines: { attribute: false },
    pattern: { attribute: false },
    current: { attribute: false },
    isFollowing: { attribute: false },
    hasTimes: { attribute: false },
    nameOf: { attribute: false },
  };
  static override styles = [styles, logPaneStyles];
  declare lines: LineList;
  declare pattern: RegExp | null;
  /** The line to scroll to, again for each new object; null: none. */
  declare current: { readonly number: number } | null;
  declare isFollowing: boolean;
  declare hasTimes: boolean;
  /** Name of the Swarm task that wrote a line; null: all lines are from one. */
  declare nameOf: ((task: string) => string) | null;
  /** Number of the first rendered line. */
  #first = 0;
  /** Scroll position set by the last update, px. */
  #ownTop = -1;
  /** A visible line, and its distance from the pane's top, px. */
  #anchor: { readonly number: number; readonly offset: number } | null = null;

  protected override willUpdate(changed: PropertyValues): void {
    const { lines, current } = this;
    this.#anchor = this.isFollowing ? null : this.#firstVisible();
    if (this.isFollowing) this.#startAt(lines.length - WINDOW);
    else if (changed.has('current') && current !== null)
      this.#startAt(lines.indexOf(current.number) - WINDOW / 2);
    // A new list may have fewer lines after it than the window.
    else this.#startAt(lines.indexOf(this.#first));
  }

  override render(): TemplateResult {
    const { lines } = this;
    const from = lines.indexOf(this.#first);
    const shown = Array.from({ length: Math.min(WINDOW, lines.length - from) }, (_, index) =>
      lines.at(from + index),
    );
    return html`<div class="lines" role="region" tabindex="0" aria-label="Lines" @scroll=${() => this.#scrolled()}
        @keydown=${(event: KeyboardEvent) => this.#press(event)}>
      ${repeat(
        shown,
        (entry) => entry?.number,
        (entry) => entry && this.#line(entry),
      )}
    </div>`;
  }

  #line({ number, line }: NumberedLine): TemplateResult {
    const { text, isError, isMore, time, task } = line;
    const kind = `${isError ? 'error' : ''} ${number === this.current?.number ? 'current' : ''}`;
    return html`<div class=${kind} data-number=${number}>${
      this.hasTimes ? html`<span class="time">${isMore ? '' : time} </span>` : ''
    }${task && this.nameOf ? html`<span class="task">${isMore ? '' : this.nameOf(task)} </span>` : ''}${isError ? html`<span class="stream">err</span>` : ''}${isMore ? html`<span class="stream">…</span>` : ''}${markView(text, this.pattern)}</div>`;
  }

  override updated(changed: PropertyValues): void {
    const pane = this.#pane;
    if (!pane) return;
    if (this.isFollowing) pane.scrollTop = pane.scrollHeight;
    else if (changed.has('current') && this.current !== null) this.#center(pane, this.current.number);
    else if (this.#anchor) {
      const row = this.#row(this.#anchor.number);
      if (row) pane.scrollTop = row.offsetTop - this.#anchor.offset;
    }
    this.#ownTop = pane.scrollTop;
  }

  get #pane(): HTMLElement | null {
    return this.renderRoot.querySelector<HTMLElement>('.lines');
  }

  #row(number: number): HTMLElement | null {
    return this.renderRoot.querySelector<HTMLElement>(`[data-number="${number}"]`);
  }

  #center(pane: HTMLElement, number: number): void {
    const row = this.#row(number);
    if (row) pane.scrollTop = row.offsetTop - (pane.clientHeight - row.offsetHeight) / 2;
  }

  #startAt(index: number): void {
    const last = Math.max(0, this.lines.length - WINDOW);
    this.#first = this.lines.at(Math.min(last, Math.max(0, index)))?.number ?? 0;
  }

  #firstVisible(): { number: number; offset: number } | null {
    const pane = this.#pane;
    if (!pane) return null;
    const rows = pane.querySelectorAll<HTMLElement>('[data-number]');
    // Binary search for the first visible row.
    let [low, high] = [0, rows.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      const row = rows[middle];
      if (row && row.offsetTop + row.offsetHeight <= pane.scrollTop) low = middle + 1;
      else high = middle;
    }
    const row = rows[low];
    return row ? { number: Number(row.dataset.number), offset: row.offsetTop - pane.scrollTop } : null;
  }

  #scrolled(): void {
    const pane = this.#pane;
    // Ignore scrolling we caused ourselves.
    if (!pane || pane.scrollTop === this.#ownTop) return;
    this.#ownTop = -1;
    const below = pane.scrollHeight - pane.clientHeight - pane.scrollTop;
    const from = this.lines.indexOf(this.#first);
    const isLast = from + WINDOW >= this.lines.length;
    if (this.isFollowing) {
      if (below > NEAR_PX) this.#follow(false);
    } else if (below <= NEAR_PX && isLast) this.#follow(true);
    else if (pane.scrollTop < pane.clientHeight && from > 0) this.#move(from - STEP);
    else if (below < pane.clientHeight && !isLast) this.#move(from + STEP);
  }

  #move(index: number): void {
    this.#startAt(index);
    this.requestUpdate();
  }

  #press(event: KeyboardEvent): void {
    if (event.key === 'End') this.#follow(true);
    else if (event.key === 'Home') {
      this.#follow(false);
      this.#move(0);
      void this.updateComplete.then(() => this.#pane?.scrollTo(0, 0));
    } else return;
    event.preventDefault();
  }

  #follow(isFollowing: boolean): void {
    this.dispatchEvent(new CustomEvent('follow', { detail: isFollowing }));
  }
}

defineElement('fairlead-log-pane', LogPaneElement);
