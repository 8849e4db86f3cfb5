/** Which rows of a long list are rendered. */
export interface ListWindow {
  /** Index of the first row, and of the one after the last. */
  readonly first: number;
  readonly end: number;
  /** Height of the rows above and below, px. */
  readonly above: number;
  readonly below: number;
}

/** The rows visible at this scroll position, and a few more. All heights are px. */
export function windowOf(
  count: number,
  { scrollTop, height, rowHeight }: { scrollTop: number; height: number; rowHeight: number },
  overscan = 3,
): ListWindow {
  const at = (px: number) => Math.min(count, Math.max(0, px));
  const first = at(Math.floor(scrollTop / rowHeight) - overscan);
  const end = Math.max(first, at(Math.ceil((scrollTop + height) / rowHeight) + overscan));
  return { first, end, above: first * rowHeight, below: (count - end) * rowHeight };
}
