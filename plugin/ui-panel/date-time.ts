const LATEST_MS = 8.64e15;

/** A time since 1970 as a clock on the reader's wall shows it: `2026-11-23 20:57:19`; `unknown` for what is none. */
export function dateTime(ms: number): string {
  if (!isTime(ms)) return 'unknown';
  const date = new Date(ms);
  const days = [date.getFullYear(), date.getMonth() + 1, date.getDate()].map(twoDigits).join('-');
  return `${days} ${[date.getHours(), date.getMinutes(), date.getSeconds()].map(twoDigits).join(':')}`;
}

/** Whether it is one: engines say 0, or the year 1, where they know none. */
export function isTime(ms: number): boolean {
  return ms > 0 && ms <= LATEST_MS;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
