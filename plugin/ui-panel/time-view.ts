import { html, type TemplateResult } from 'lit';
import { ago } from './ago.js';
import { dateTime, isTime } from './date-time.js';

/** How long ago a time since 1970 was, and, to who points at it, when. */
export function timeView(ms: number, nowMs: number): TemplateResult {
  if (!isTime(ms)) return html`<span class="soft">unknown</span>`;
  const time = new Date(ms).toISOString();
  return html`<time datetime=${time} title=${dateTime(ms)}>${ago(time, nowMs)}</time>`;
}
