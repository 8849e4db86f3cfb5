import { createHash } from 'node:crypto';
import * as z from 'zod';
import { problem } from '../../../../protocol/problems.js';
import type { ListQuery } from './query.js';

/** The last environment of a page: its sort key and id. */
export interface ListPosition {
  readonly key: string | number;
  readonly id: number;
}

const schema = z.tuple([z.string(), z.union([z.string(), z.number()]), z.int()]);

/** Encodes a position for clients. It grants nothing. */
export function encodeCursor(query: ListQuery, { key, id }: ListPosition): string {
  return Buffer.from(JSON.stringify([fingerprint(query), key, id])).toString('base64url');
}

/** @throws Problem `cursor-invalid` (400): malformed, or from a list with other order or filters */
export function decodeCursor(query: ListQuery, cursor: string): ListPosition {
  const [print, key, id] = parse(cursor);
  const isNameKey = query.sort === 'name';
  if (print === fingerprint(query) && isNameKey === (typeof key === 'string')) return { key, id };
  throw problem('cursor-invalid');
}

function parse(cursor: string): z.infer<typeof schema> {
  try {
    return schema.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')));
  } catch {
    throw problem('cursor-invalid');
  }
}

/** Equal for equal order and filters; the page size may change. */
function fingerprint({ sort, descending, terms, tags, statuses }: ListQuery): string {
  const text = JSON.stringify([sort, descending, terms, tags, statuses]);
  return createHash('sha256').update(text).digest('base64url').slice(0, 8);
}
