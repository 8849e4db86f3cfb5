import type * as z from 'zod';

/** Text that displays the same everywhere: no control characters, lone surrogates, line breaks or changes of direction. */
export function printable(text: z.ZodString): z.ZodString {
  return text.regex(/^[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}]+$/u, 'must not hold control characters');
}
