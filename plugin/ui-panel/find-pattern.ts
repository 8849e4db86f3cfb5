/** A pattern that finds `search` anywhere, ignoring case; null if it is empty. */
export function findPattern(search: string): RegExp | null {
  return search === '' ? null : new RegExp(`(${search.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')})`, 'giu');
}
