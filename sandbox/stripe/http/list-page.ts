import { z } from 'zod';
import type { Table } from '../../records/table.ts';
import { createdSchema, expand, integer, text } from './parameters.ts';
import { badParameter } from './stripe-error.ts';

/** The parameters of every list. */
export const pageFields = {
  limit: integer(1, 100).optional(),
  starting_after: text().optional(),
  ending_before: text().optional(),
  created: createdSchema,
  expand,
};

const pageSchema = z.object(pageFields);

interface Source<T extends { readonly id: string }> {
  readonly table: Table<T>;
  /** The path of the list. */
  readonly url: string;
  /** Keys under which the table finds the records, if the filters name any. */
  readonly keys?: readonly string[] | undefined;
  fits?(record: T): boolean;
  createdAt(record: T): number;
}

interface Page<T> {
  readonly object: 'list';
  readonly url: string;
  readonly has_more: boolean;
  readonly data: readonly T[];
}

/** One page of a list, newest first. */
export function pageOf<T extends { readonly id: string }>(
  asked: z.output<typeof pageSchema>,
  source: Source<T>,
): Page<T> {
  const limit = asked.limit ?? 10;
  if (asked.ending_before !== undefined) return pageBefore(asked.ending_before, asked, source);
  const after = asked.starting_after;
  if (after !== undefined && source.table.get(after) === undefined)
    throw unknownStart('starting_after', after);
  const found: T[] = [];
  for (const record of source.table.newestFirst(after, source.keys)) {
    if (found.length > limit) break;
    if (fits(record, asked, source)) found.push(record);
  }
  return { object: 'list', url: source.url, has_more: found.length > limit, data: found.slice(0, limit) };
}

function pageBefore<T extends { readonly id: string }>(
  before: string,
  asked: z.output<typeof pageSchema>,
  source: Source<T>,
): Page<T> {
  const limit = asked.limit ?? 10;
  if (source.table.get(before) === undefined) throw unknownStart('ending_before', before);
  const newer: T[] = [];
  for (const record of source.table.newestFirst(undefined, source.keys)) {
    if (record.id === before) break;
    if (fits(record, asked, source)) newer.push(record);
  }
  return {
    object: 'list',
    url: source.url,
    has_more: newer.length > limit,
    data: newer.slice(-limit),
  };
}

function fits<T extends { readonly id: string }>(
  record: T,
  { created }: z.output<typeof pageSchema>,
  source: Source<T>,
): boolean {
  const at = source.createdAt(record);
  const {
    gt,
    gte,
    lt,
    lte,
  }: {
    gt?: number | undefined;
    gte?: number | undefined;
    lt?: number | undefined;
    lte?: number | undefined;
  } = created ?? {};
  if (gt !== undefined && at <= gt) return false;
  if (gte !== undefined && at < gte) return false;
  if (lt !== undefined && at >= lt) return false;
  if (lte !== undefined && at > lte) return false;
  return source.fits?.(record) ?? true;
}

function unknownStart(param: string, id: string): Error {
  return badParameter(param, `No such object: '${id}'`, 'resource_missing');
}
