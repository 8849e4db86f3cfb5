import * as z from 'zod';
import { environmentStatus, environmentView } from './environment-view.js';

/** What a list can be sorted by. */
const SORTS = ['id', 'name', 'createdAt', 'lastCheckInAt', 'status'] as const;
/** Given once, or several times. */
const several = <S extends z.ZodType>(item: S) => z.union([item, z.array(item).max(32)]);
const text = (max: number) => z.string().max(max);

/** Parameters of `GET /environments`. */
export const environmentListQuery = z.object({
  search: text(200)
    .exactOptional()
    .describe('Words, upper or lower case: each is in the name, in a tag or in the Edge ID, or is the id.'),
  tag: several(text(64)).exactOptional().describe('Has this tag; given several times: all of them.'),
  status: several(environmentStatus).exactOptional().describe('Given several times: one of them.'),
  sort: z
    .enum([...SORTS, ...SORTS.map((sort) => `-${sort}` as const)])
    .default('id')
    .describe(
      'With `-` in front: the other way round. `status`: what needs attention first. Equal ones are in order of their ids.',
    ),
  limit: z.coerce.number().pipe(z.int().min(1).max(500)).default(100),
  offset: z.coerce
    .number()
    .pipe(z.int().min(0).max(1_000_000))
    .default(0)
    .describe(
      'So many are passed over first, for who jumps to a place in the list. Who wants all of them uses `cursor`: places change while environments come and go.',
    ),
  cursor: text(1_000)
    .exactOptional()
    .describe('`nextCursor` of the page before; order and filters must be those of that page.'),
});

/** `GET /environments`. */
export const environmentList = z
  .object({
    items: z.array(environmentView),
    nextCursor: z.string().nullable().describe('Null: this is the last page.'),
    total: z.int().nonnegative().describe('How many there are on all pages together.'),
  })
  .meta({ id: 'EnvironmentList' });
