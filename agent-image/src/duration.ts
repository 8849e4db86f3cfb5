const DURATION = /^(?:(?<h>\d{1,9})h)?(?:(?<m>\d{1,9})m)?(?:(?<s>\d{1,9})s)?$/;

/**
 * Reads `5m`, `30s`, `1h30m`, or a plain number of seconds (`300`), as Docker writes durations.
 * @returns milliseconds, or null for anything else
 */
export function parseDuration(text: string): number | null {
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  const groups = text === '' ? undefined : DURATION.exec(text)?.groups;
  if (!groups) return null;
  const { h = '0', m = '0', s = '0' } = groups;
  return (Number(h) * 3600 + Number(m) * 60 + Number(s)) * 1000;
}
