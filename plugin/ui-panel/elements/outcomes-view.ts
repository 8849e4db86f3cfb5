import { html, type TemplateResult } from 'lit';
import type { Outcome } from './run-each.js';

/** What was done to what, and what became of each. */
export interface Outcomes {
  /** Such as `Stop`. */
  readonly verb: string;
  readonly all: ReadonlyMap<string, { readonly name: string; readonly outcome: Outcome }>;
}

/** Each of several with what became of it; of one alone only what was not done needs words. */
export function outcomesView({ verb, all }: Outcomes, onDismiss: () => void): TemplateResult {
  const items = [...all.values()];
  const failed = items.filter(({ outcome }) => outcome.state === 'failed');
  const over = items.filter(({ outcome }) => isOver(outcome)).length;
  const shown = items.filter(
    ({ outcome }) => items.length > 1 || (isOver(outcome) && outcome.state !== 'done'),
  );
  const mood = failed.length > 0 ? 'bad' : over === items.length ? 'good' : '';
  return html`<div class="notice outcomes ${mood}">
    <div class="bar">
      <span role="status">${verb}: ${over} of ${items.length} done${failed.length > 0 ? `, ${failed.length} failed` : ''}</span>
      ${over === items.length ? html`<button type="button" @click=${onDismiss}>Dismiss</button>` : ''}
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
