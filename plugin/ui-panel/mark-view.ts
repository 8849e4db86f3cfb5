import { html, type TemplateResult } from 'lit';

/** A text with what `findPattern` made finds in it marked. */
export function markView(text: string, pattern: RegExp | null): TemplateResult | string {
  if (!pattern || text.search(pattern) < 0) return text;
  // The pattern is one group: each second part is a match.
  return html`${text.split(pattern).map((part, index) => (index % 2 === 1 ? html`<mark>${part}</mark>` : part))}`;
}
