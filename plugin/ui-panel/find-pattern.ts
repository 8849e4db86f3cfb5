/** What finds these words in a text, wherever they are and in whichever case; null where there are none. */
export function findPattern(words: string): RegExp | null {
  return words === '' ? null : new RegExp(`(${words.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')})`, 'giu');
}
