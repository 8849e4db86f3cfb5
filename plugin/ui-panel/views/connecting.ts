import { html, type TemplateResult } from 'lit';
import type { OpeningProgress } from '../engine/open-environment.js';
import { problemView } from '../problem-view.js';
import { statusBadge } from '../status-badge.js';

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
