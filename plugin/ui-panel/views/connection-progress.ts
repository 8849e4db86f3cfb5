import { html, type TemplateResult } from 'lit';
import type { NodeAnswer } from '../engine/client.js';
import type { OpeningProgress } from '../engine/open-environment.js';
import { problemView } from '../format/problem.js';
import { statusBadge } from '../format/status-badge.js';

const STEPS = [
  ['check-in', 'Waiting for the agent’s check-in'],
  ['tunnel', 'Tunnel opening'],
  ['engine', 'Engine answering'],
] as const;

/** Progress of an opening, with the elapsed seconds. */
export function connecting(
  { step, problem }: OpeningProgress,
  seconds: number,
  onCancel: () => void,
): TemplateResult {
  const now = STEPS.findIndex(([name]) => name === step);
  return html`<section class="card" aria-label="Connecting">
    <div class="bar">
      <h3>Connecting: ${seconds} s</h3>
      <button type="button" @click=${onCancel}>Cancel</button>
    </div>
    <ol>
      ${STEPS.map(([, label], index) => {
        const [tone, state] =
          index < now
            ? (['good', 'done'] as const)
            : index === now
              ? (['busy', 'now'] as const)
              : (['quiet', 'then'] as const);
        return html`<li aria-current=${index === now ? 'step' : 'false'}>${statusBadge(tone, label, `${state}:`)}</li>`;
      })}
    </ol>
    ${problem ? problemView(problem) : ''}
  </section>`;
}

/** Nodes missing in a list of all nodes, with the reason. */
export function missingNodes(missing: readonly NodeAnswer[]): TemplateResult | string {
  if (missing.length === 0) return '';
  return html`<div class="notice bad missing" role="status">
    ${missing.length === 1 ? 'One node' : `${missing.length} nodes`} did not respond:
    <ul>
      ${missing.map(
        ({ name, detail, code }) =>
          html`<li><strong>${name}</strong>: ${detail} <span class="soft">(${code})</span></li>`,
      )}
    </ul>
  </div>`;
}
