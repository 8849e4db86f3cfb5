import { html, type TemplateResult } from 'lit';
import type { Tone } from './status-badges.js';

/** A state as a shape and a label, independent of colour. `aspect` names what is in that state. */
export function statusBadge(tone: Tone, label: string, aspect = ''): TemplateResult {
  return html`<span class="badge ${tone}"
    ><span class="shape" aria-hidden="true"></span><span>${aspect ? html`<span class="soft part">${aspect}</span> ` : ''}${label}</span></span
  >`;
}
