import { css, html, type TemplateResult } from 'lit';
import type { EnvironmentView } from '../../api.js';
import { nextStep } from '../format/problem.js';
import { statusBadge, statusBadges } from '../format/status-badge.js';
import { ago } from '../format/time.js';

/** Tags shown in a row. */
const TAGS = 3;

export interface RowOptions {
  /** Tags that the list is filtered by. */
  readonly tags: readonly string[];
  /** By the hub's clock. */
  readonly nowMs: number;
  readonly onOpen: () => void;
  readonly onTag: (tag: string) => void;
}

/** One environment in the list; the whole row opens it. Null: not loaded yet. All rows have the same height. */
export function environmentRow(
  item: EnvironmentView | null,
  { tags, nowMs, onOpen, onTag }: RowOptions,
): TemplateResult {
  if (!item) return html`<div class="row soft"><span class="unseen">Loading</span></div>`;
  const { problem } = item;
  const step = problem && nextStep(problem.code);
  const more = item.tags.length - TAGS;
  // No spaces between elements: each would be a node of the page.
  return html`<div class="row"
    ><span class="head"
      ><button class="open" type="button" title=${item.name} @click=${onOpen}>${item.name}</button
      ><span class="tags"
        >${item.tags.slice(0, TAGS).map(
          (tag) => html`<button class="tag" type="button" title=${tag} aria-pressed=${tags.includes(tag)}
            @click=${() => onTag(tag)}><span class="unseen">Filter by tag </span>${tag}</button>`,
        )}${more > 0 ? html`<span class="soft" title=${item.tags.join(', ')}>+${more}</span>` : ''}</span
    ></span
    ><span class="badges">${statusBadges(item).map(({ aspect, tone, label }) => statusBadge(tone, label, aspect))}</span
    ><span class="seen soft" title="Last check-in">${ago(item.lastCheckInAt, nowMs)}</span
    ><span class="note"
      >${
        problem
          ? html`<span class="cause" title=${problem.detail}>${problem.detail}</span
              >${step ? html`<span class="step" title=${step}>${step}</span>` : ''}`
          : html`<span class="soft">No. ${item.id}</span>`
      }</span
  ></div>`;
}

/** For {@link environmentRow}. Its height is `--row-height`. */
export const environmentRowStyles = css`
  .row {
    position: relative;
    display: grid;
    grid-template: 'head badges seen' auto 'note badges seen' auto / minmax(0, 1fr) auto 5.5rem;
    align-content: center;
    column-gap: 1rem;
    height: 100%;
    padding: 0 0.75rem;
    border-bottom: 1px solid var(--line);
  }
  .row:has(.open):hover {
    background: var(--raised);
  }
  .head {
    grid-area: head;
    display: flex;
    gap: 0.6rem;
    min-width: 0;
  }
  .open,
  .open:hover {
    flex: 0 1 auto;
    min-width: 5rem;
    min-height: 0;
    padding: 0;
    border: 0;
    background: none;
    font-weight: 600;
    text-align: left;
  }
  /* The whole row is the button. */
  .open::after {
    content: '';
    position: absolute;
    inset: 0;
  }
  .open:focus-visible {
    outline: none;
  }
  .open:focus-visible::after {
    outline: 2px solid var(--accent);
    outline-offset: -3px;
  }
  .open,
  .tag,
  .cause,
  .step {
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .tags {
    display: flex;
    flex: 0 1 auto;
    gap: 0.3rem;
    min-width: 0;
    font-size: 0.8rem;
    align-items: center;
  }
  .tag {
    position: relative;
    flex: 0 1 auto;
    min-width: 2.5rem;
    max-width: 10rem;
    min-height: 1.5rem;
    padding: 0 0.5rem;
    border-radius: 0.75rem;
    font-size: 0.8rem;
    line-height: 1.3;
  }
  .note {
    grid-area: note;
    display: grid;
    font-size: 0.82rem;
    line-height: 1.35;
  }
  .cause {
    color: var(--bad);
  }
  .badges {
    grid-area: badges;
    display: grid;
    grid-template-columns: repeat(3, 9.5rem);
    align-items: center;
  }
  .seen {
    grid-area: seen;
    align-self: center;
    text-align: right;
    font-size: 0.9rem;
    white-space: nowrap;
  }
  @media (max-width: 56rem) {
    .row {
      grid-template: 'head seen' auto 'badges badges' auto 'note note' auto / minmax(0, 1fr) auto;
      row-gap: 0.15rem;
      padding: 0 0.6rem;
    }
    .badges {
      grid-template-columns: repeat(3, auto);
      justify-content: start;
      column-gap: 0.9rem;
    }
    .badges .part {
      position: absolute;
      width: 1px;
      height: 1px;
      overflow: hidden;
      clip-path: inset(50%);
    }
  }
  @media (max-width: 36rem) {
    .head {
      flex-wrap: wrap;
      gap: 0 0.6rem;
    }
  }
`;
