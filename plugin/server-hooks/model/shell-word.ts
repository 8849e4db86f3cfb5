/** A word that needs no quotes in any shell, PowerShell included. */
const PLAIN_WORD = /^[A-Za-z0-9_./:@%+,=-]+$/;

/**
 * Quotes a word of a printed command for POSIX shells (POSIX.1-2024, shell language 2.2.2): between single quotes they
 * interpret only the quote itself.
 */
export function shellWord(word: string): string {
  return PLAIN_WORD.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
