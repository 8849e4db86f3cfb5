import { html, type TemplateResult } from 'lit';
import type { EnvironmentProblem } from '../api.js';
import { nextStep } from './next-step.js';

/** A problem's text, its code (empty: none) and the next step. `detail` is the hub's text, or an engine's. */
export function problemView({ code, detail }: Pick<EnvironmentProblem, 'code' | 'detail'>): TemplateResult {
  const step = nextStep(code);
  return html`<p class="notice bad">
    ${detail}${code ? html` <span class="soft">(${code})</span>` : ''}${step ? html`<br><strong>Next:</strong> ${step}` : ''}
  </p>`;
}
