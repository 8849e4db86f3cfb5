import { html, type TemplateResult } from 'lit';

/** What somebody looks for is one of them; a line may have thousands. */
const MOST = 100;

/** A text with what `findPattern` made finds in it marked, the first 100 at most. */
export function markView(text: string, pattern: RegExp | null): TemplateResult | string {
  if (!pattern || text.search(pattern) < 0) return text;
  // The pattern is one group: each second part is a match.
  const parts = text.split(pattern, 2 * MOST);
  const rest = text.slice(parts.reduce((length, part) => length + part.length, 0));
  return html`${parts.map((part, index) => (index % 2 === 1 ? html`<mark>${part}</mark>` : part))}${rest}`;
}
