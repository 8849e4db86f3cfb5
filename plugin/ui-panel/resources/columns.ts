import { html, type TemplateResult } from 'lit';
import type { Column, Resource } from '../elements/resource-list/resource.js';

const SHOWN = 3;

/** The name, and a second line of detail. The filter also finds `text`, by default the detail. */
export function nameColumn<R extends Resource>(
  detail: (row: R) => string,
  { text = detail, ...more }: Partial<Column<R>> = {},
): Column<R> {
  return {
    title: 'Name',
    track: 'minmax(0, 1fr)',
    cell: (row) =>
      html`<span class="line name" title=${row.name}>${row.name}</span><span class="line soft" title=${detail(row)}>${detail(row)}</span>`,
    text,
    order: ({ name }) => name,
    ...more,
  };
}

/** A text that the filter finds, and that sorts. */
export function textColumn<R extends Resource>(
  title: string,
  track: string,
  text: (row: R) => string,
): Column<R> {
  return { title, track, cell: text, text, order: text };
}

/** The first few names, and how many more there are; all of them in the tooltip. */
export function namesView(names: readonly string[], none: string): TemplateResult {
  if (names.length === 0) return html`<span class="soft">${none}</span>`;
  const more = names.length - SHOWN;
  return html`<span title=${names.join('\n')}>${names.slice(0, SHOWN).join(', ')}${more > 0 ? ` and ${more} more` : ''}</span>`;
}
