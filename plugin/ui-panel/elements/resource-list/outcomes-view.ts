import { html, type TemplateResult } from 'lit';
import type { Outcome } from './run-each.js';

/** An action and its outcome per item. */
export interface Outcomes {
  /** Such as `Stop`. */
  readonly verb: string;
  readonly all: ReadonlyMap<string, { readonly name: string; readonly outcome: Outcome }>;
}

/** A summary, and the outcome of each item; a single item is listed only if it was not done. */
export function outcomesView({ verb, all }: Outcomes, onDismiss: () => void): TemplateResult {
  const items = [...all.values()];
  const failed = items.filter(({ outcome }) => outcome.state === 'failed');
  const finished = items.filter(({ outcome }) => isOver(outcome)).length;
  const shown = items.filter(
    ({ outcome }) => items.length > 1 || (isOver(outcome) && outcome.state !== 'done'),
  );
  const tone = failed.length > 0 ? 'bad' : finished === items.length ? 'good' : '';
  return html`<div class="notice outcomes ${tone}">
    <div class="bar">
      <span role="status">${verb}: ${finished} of ${items.length} done${failed.length > 0 ? `, ${failed.length} failed` : ''}</span>
      ${finished === items.length ? html`<button type="button" @click=${onDismiss}>Dismiss</button>` : ''}
    </div>
    ${
      shown.length > 0
        ? html`<ul>${shown.map(
            ({ name, outcome }) =>
              html`<li><strong>${name}</strong>: ${outcome.state === 'failed' ? outcome.message : outcome.state}</li>`,
          )}</ul>`
        : ''
    }
  </div>`;
}

function isOver({ state }: Outcome): boolean {
  return state !== 'waiting' && state !== 'running';
}
