/** Reads parts of an engine's answers: whatever came, the result has the promised type and bound. */

/** The value as an object; anything else becomes an empty one. */
export function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};
}

/** The value as a list; anything else becomes an empty one. */
export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** Text cut to `max` UTF-16 units, never inside a character; numbers and the rest become ''. */
export function text(value: unknown, max: number): string {
  if (typeof value !== 'string') return '';
  return value.length <= max ? value : value.slice(0, max).replace(/[\uD800-\uDBFF]$/, '');
}

/** A non-negative integer, 0 for anything else. */
export function count(value: unknown): number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : 0;
}
