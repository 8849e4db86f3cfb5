import { html, type TemplateResult } from 'lit';

/** A pattern that finds `search` anywhere, ignoring case; null if it is empty. */
export function findPattern(search: string): RegExp | null {
  return search === '' ? null : new RegExp(`(${search.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')})`, 'giu');
}

/** Highlight at most this many matches per line: a line may have thousands. */
const MAX_MATCHES = 100;

/** A text with the matches of a pattern from `findPattern` highlighted, the first 100 at most. */
export function markView(text: string, pattern: RegExp | null): TemplateResult | string {
  if (!pattern || text.search(pattern) < 0) return text;
  // The pattern is one group: each second part is a match.
  const parts = text.split(pattern, 2 * MAX_MATCHES);
  const rest = text.slice(parts.reduce((length, part) => length + part.length, 0));
  return html`${parts.map((part, index) => (index % 2 === 1 ? html`<mark>${part}</mark>` : part))}${rest}`;
}
