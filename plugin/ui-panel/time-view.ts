import { html, type TemplateResult } from 'lit';
import { ago } from './ago.js';
import { dateTime, isTime } from './date-time.js';

/** Relative time of a time since 1970, with the absolute time as a tooltip. */
export function timeView(ms: number, nowMs: number): TemplateResult {
  if (!isTime(ms)) return html`<span class="soft">unknown</span>`;
  const time = new Date(ms).toISOString();
  return html`<time datetime=${time} title=${dateTime(ms)}>${ago(time, nowMs)}</time>`;
}
