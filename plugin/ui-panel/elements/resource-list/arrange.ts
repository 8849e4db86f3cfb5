import type { Column, Resource } from './resource.js';

/** Filter and order of a list. */
export interface Arrangement {
  readonly search: string;
  /** Index of the column. */
  readonly column: number;
  readonly isDown: boolean;
}

/** Sorts the rows whose name, id or texts contain the search. Digits in names sort as numbers. */
export function arrange<R extends Resource>(
  rows: readonly R[],
  columns: readonly Column<R>[],
  { search, column, isDown }: Arrangement,
): readonly R[] {
  const word = search.trim().toLowerCase();
  const texts = columns.flatMap(({ text }) => text ?? []);
  const found = rows.filter(
    (row) =>
      word === '' ||
      [row.name, row.id, row.node?.name ?? '', ...texts.map((text) => text(row))].some((text) =>
        text.toLowerCase().includes(word),
      ),
  );
  const order = columns[column]?.order;
  if (!order) return found;
  const sign = isDown ? -1 : 1;
  return found
    .map((row) => ({ row, key: known(order(row)) }))
    .sort((one, other) => sign * compare(one.key, other.key))
    .map(({ row }) => row);
}

/** Unknown values come first: NaN would break the order of the rest. */
function known(key: string | number): string | number {
  return Number.isNaN(key) ? -Number.MAX_VALUE : key;
}

const { compare: compareTexts } = new Intl.Collator(undefined, { numeric: true });

function compare(one: string | number, other: string | number): number {
  return typeof one === 'number' && typeof other === 'number'
    ? one - other
    : compareTexts(String(one), String(other));
}
