import * as z from 'zod';

/** RFC 9457; the body of every error. Further members belong to single codes. */
export const problem = z
  .looseObject({
    type: z.literal('about:blank').optional().describe('Absent below `/docker/`.'),
    title: z.string(),
    status: z.int().min(400).max(599),
    code: z.string().describe('Stable; docs/errors.md has a row for each.'),
    detail: z.string().optional().describe('Human-readable; may change.'),
    retryAfterSeconds: z
      .number()
      .optional()
      .describe(
        'Seconds to wait before a retry, as in the `Retry-After` header. Absent: a retry does not help, or is possible at any time.',
      ),
    message: z
      .string()
      .optional()
      .describe('The same as `detail`, below `/docker/` only: Docker clients print it.'),
  })
  .meta({ id: 'Problem', description: 'An error (RFC 9457). Rely on `code`.' });
