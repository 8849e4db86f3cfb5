import * as z from 'zod';

/** RFC 9457; the body of every refusal. Further members belong to single codes. */
export const problem = z
  .looseObject({
    type: z.literal('about:blank').optional().describe('Absent below `/docker/`.'),
    title: z.string(),
    status: z.int().min(400).max(599),
    code: z.string().describe('Stable; each has its row in docs/errors.md.'),
    detail: z.string().optional().describe('For people; may change.'),
    retryAfterSeconds: z
      .number()
      .optional()
      .describe(
        'After so long a retry makes sense; the same as the header `Retry-After`. Absent: it does not, or at any time.',
      ),
    message: z
      .string()
      .optional()
      .describe('The same as `detail`, below `/docker/` only: Docker clients print it.'),
  })
  .meta({ id: 'Problem', description: 'A refusal (RFC 9457). Rely on `code`.' });
