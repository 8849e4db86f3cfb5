import { printable } from './printable.js';

/** A word that needs no quotes in any shell, PowerShell included. */
const PLAIN_WORD = /^[A-Za-z0-9_./:@%+,=-]+$/;

/** A command line for POSIX shells (POSIX.1-2024, shell language 2.2.2), safe to display and to paste. */
export function shellQuote(words: readonly string[]): string {
  return words
    .map(printable)
    .map((word) => (PLAIN_WORD.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`))
    .join(' ');
}
