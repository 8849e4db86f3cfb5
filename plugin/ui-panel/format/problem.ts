import { html, type TemplateResult } from 'lit';
import { shownProblem } from '../../../protocol/problems/shown.js';
import type { EnvironmentProblem } from '../../api.js';

/** Next step for a problem with this code; null if there is none. */
export function nextStep(code: string): string | null {
  return shownProblem(code)?.nextStep ?? null;
}

/** A problem's text, its code (empty: none) and the next step. `detail` is the hub's text, or an engine's. */
export function problemView({ code, detail }: Pick<EnvironmentProblem, 'code' | 'detail'>): TemplateResult {
  const step = nextStep(code);
  return html`<p class="notice bad">
    ${detail}${code ? html` <span class="soft">(${code})</span>` : ''}${step ? html`<br><strong>Next:</strong> ${step}` : ''}
  </p>`;
}
