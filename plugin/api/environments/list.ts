import * as z from 'zod';
import { environmentStatus, environmentView } from './view.js';

/** Sort keys of a list. */
const SORTS = ['id', 'name', 'createdAt', 'lastCheckInAt', 'status'] as const;
/** One or several values. */
const several = <S extends z.ZodType>(item: S) => z.union([item, z.array(item).max(32)]);
const text = (max: number) => z.string().max(max);

/** Parameters of `GET /environments`. */
export const environmentListQuery = z.object({
  search: text(200)
    .exactOptional()
    .describe('Words, case-insensitive: each must be in the name, a tag or the Edge ID, or equal the id.'),
  tag: several(text(64)).exactOptional().describe('Has this tag; if repeated: all of them.'),
  status: several(environmentStatus).exactOptional().describe('If repeated: one of them.'),
  sort: z
    .enum([...SORTS, ...SORTS.map((sort) => `-${sort}` as const)])
    .default('id')
    .describe(
      'With a leading `-`: descending. `status`: environments that need attention first. Ties are ordered by id.',
    ),
  limit: z.coerce.number().pipe(z.int().min(1).max(500)).default(100),
  offset: z.coerce
    .number()
    .pipe(z.int().min(0).max(1_000_000))
    .default(0)
    .describe(
      'Items to skip, to jump to a position in the list. To read the whole list use `cursor`: positions change as environments are added and removed.',
    ),
  cursor: text(1_000)
    .exactOptional()
    .describe('`nextCursor` of the previous page; order and filters must be the same.'),
});

/** `GET /environments`. */
export const environmentList = z
  .object({
    items: z.array(environmentView),
    nextCursor: z.string().nullable().describe('Null on the last page.'),
    total: z.int().nonnegative().describe('Items on all pages.'),
  })
  .meta({ id: 'EnvironmentList' });
