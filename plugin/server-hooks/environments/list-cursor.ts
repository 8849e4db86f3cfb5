import { createHash } from 'node:crypto';
import * as z from 'zod';
import { EdgeError } from '../../../protocol/edge-error.js';
import type { ListQuery } from './list-query.js';

/** The last environment of a page: what it was sorted by, and its id. */
export interface ListPosition {
  readonly key: string | number;
  readonly id: number;
}

const schema = z.tuple([z.string(), z.union([z.string(), z.number()]), z.int()]);

/** A position as clients carry it. It says where to go on, and grants nothing. */
export function encodeCursor(query: ListQuery, { key, id }: ListPosition): string {
  return Buffer.from(JSON.stringify([fingerprint(query), key, id])).toString('base64url');
}

/** @throws EdgeError `cursor-invalid` (400): broken, or from a list with another order or other filters */
export function decodeCursor(query: ListQuery, cursor: string): ListPosition {
  const [print, key, id] = parse(cursor);
  const isNameKey = query.sort === 'name';
  if (print === fingerprint(query) && isNameKey === (typeof key === 'string')) return { key, id };
  throw invalid();
}

function parse(cursor: string): z.infer<typeof schema> {
  try {
    return schema.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')));
  } catch {
    throw invalid();
  }
}

function invalid(): EdgeError {
  return new EdgeError('cursor-invalid', 'The cursor is broken, or from another list: begin without one', {
    status: 400,
  });
}

/** Equal for equal order and filters; the size of a page may change on the way. */
function fingerprint({ sort, descending, terms, tags, statuses }: ListQuery): string {
  const text = JSON.stringify([sort, descending, terms, tags, statuses]);
  return createHash('sha256').update(text).digest('base64url').slice(0, 8);
}
