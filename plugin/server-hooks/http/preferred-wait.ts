/** `wait=N` of a Prefer header, seconds (RFC 7240 section 4.3); 0 without one. */
export function preferredWait(prefer: string): number {
  const match = /(?:^|[,;]\s*)wait\s*=\s*"?([0-9]{1,5})"?/i.exec(prefer);
  return Number(match?.[1] ?? 0);
}
