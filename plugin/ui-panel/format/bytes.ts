const UNITS = ['KB', 'MB', 'GB', 'TB', 'PB'] as const;

/** A size as the docker client prints it, in steps of 1000 with three figures: `0 B`, `4.26 MB`; `unknown` if it is not a size. */
export function bytes(count: number | null): string {
  if (count === null || !Number.isFinite(count) || count < 0) return 'unknown';
  if (count < 1000) return `${Math.round(count)} B`;
  let value = count / 1000;
  let step = 0;
  // 999.5 KB would be written as `1000 KB`.
  while (value >= 999.5 && step < UNITS.length - 1) {
    value /= 1000;
    step += 1;
  }
  return `${Number(value.toPrecision(3))} ${UNITS[step]}`;
}
