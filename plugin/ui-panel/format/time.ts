import { html, type TemplateResult } from 'lit';

const UNITS = [
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
] as const;

/** Relative time of an RFC 3339 timestamp: `4 s ago`, `3 min ago`; `never` for null. */
export function ago(time: string | null, nowMs: number): string {
  if (time === null) return 'never';
  const seconds = Math.max(0, Math.floor((nowMs - Date.parse(time)) / 1000));
  const [unit, size] = UNITS.find(([, least]) => seconds >= least) ?? ['s', 1];
  return `${Math.floor(seconds / size)} ${unit} ago`;
}

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

/** Relative time of a time since 1970, with the absolute time as a tooltip. */
export function timeView(ms: number, nowMs: number): TemplateResult {
  if (!isTime(ms)) return html`<span class="soft">unknown</span>`;
  const time = new Date(ms).toISOString();
  return html`<time datetime=${time} title=${dateTime(ms)}>${ago(time, nowMs)}</time>`;
}
