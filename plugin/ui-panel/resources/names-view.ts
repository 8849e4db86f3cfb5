import { html, type TemplateResult } from 'lit';

const SHOWN = 3;

/** The first few names, and how many more there are; all of them in the tooltip. */
export function namesView(names: readonly string[], none: string): TemplateResult {
  if (names.length === 0) return html`<span class="soft">${none}</span>`;
  const more = names.length - SHOWN;
  return html`<span title=${names.join('\n')}>${names.slice(0, SHOWN).join(', ')}${more > 0 ? ` and ${more} more` : ''}</span>`;
}
