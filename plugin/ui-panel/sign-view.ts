import { html, type TemplateResult } from 'lit';
import type { Mood } from './signs.js';

/** A state as shape and words: colour alone tells nobody anything. `part` is what it is the state of. */
export function signView(mood: Mood, words: string, part = ''): TemplateResult {
  return html`<span class="sign ${mood}"
    ><span class="shape" aria-hidden="true"></span><span>${part ? html`<span class="soft part">${part}</span> ` : ''}${words}</span></span
  >`;
}
