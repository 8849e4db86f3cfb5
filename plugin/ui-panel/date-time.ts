const LATEST_MS = 8.64e15;

/** A time since 1970 in the reader's time zone: `2026-11-23 20:57:19`; `unknown` if it is not a time. */
export function dateTime(ms: number): string {
  if (!isTime(ms)) return 'unknown';
  const date = new Date(ms);
  const days = [date.getFullYear(), date.getMonth() + 1, date.getDate()].map(twoDigits).join('-');
  return `${days} ${[date.getHours(), date.getMinutes(), date.getSeconds()].map(twoDigits).join(':')}`;
}

/** Engines send 0, or the year 1, for an unknown time. */
export function isTime(ms: number): boolean {
  return ms > 0 && ms <= LATEST_MS;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
