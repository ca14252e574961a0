import { invalid } from '../../http/problem.ts';
import type { Table } from '../../records/table.ts';

/** A parsed query string: a repeated name has all its values. */
export type Query = Readonly<Record<string, string | readonly string[] | undefined>>;

interface Page<T> {
  readonly table: Table<T & { readonly id: string }>;
  readonly query: Query;
  /** Keys under which the table finds the records, if the filters name any. */
  readonly keys: readonly string[] | undefined;
  /** The record as the reader may see it; undefined if it is filtered out. */
  view(record: T): T | undefined;
}

/** The filters of every list. */
export const PAGE_FILTERS = ['limit', 'starting_after', 'created_at.gte', 'created_at.lte'];

/** One page, newest first: `limit` is 1 to 100, by default 10; the page starts after `starting_after`. */
export function pageOf<T extends { readonly id: string; readonly created_at: string }>(page: Page<T>): T[] {
  const limit = limitOf(page.query);
  const after = one(page.query, 'starting_after');
  if (after !== undefined && page.table.get(after) === undefined)
    throw invalid(`starting_after: ${after} is not in this list`);
  const since = timeOf(page.query, 'created_at.gte', false);
  const until = timeOf(page.query, 'created_at.lte', true);
  const found: T[] = [];
  for (const record of page.table.newestFirst(after, page.keys)) {
    if (found.length === limit) break;
    // Records come in the order of their creation, so no later row is newer.
    if (since !== undefined && record.created_at < since) break;
    if (until !== undefined && record.created_at > until) continue;
    const seen = page.view(record);
    if (seen !== undefined) found.push(seen);
  }
  return found;
}

/** All values of a parameter. */
export function many(query: Query, name: string): readonly string[] {
  const value = query[name];
  if (value === undefined) return [];
  return typeof value === 'string' ? [value] : value;
}

/** The value of a parameter; the last one if it is repeated. */
export function one(query: Query, name: string): string | undefined {
  return many(query, name).at(-1);
}

/** Refuses unknown filters: if a misspelt filter were ignored, everything would be listed. */
export function checkFilters(query: Query, known: readonly string[]): void {
  const unknown = Object.keys(query).filter((name) => !known.includes(name));
  if (unknown.length === 0) return;
  throw invalid(
    ...unknown.map((name) => `${name}: there is no such filter; the filters are ${known.join(', ')}`),
  );
}

function limitOf(query: Query): number {
  const text = one(query, 'limit') ?? '10';
  const limit = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (limit < 1 || limit > 100) throw invalid(`limit is "${text}"; expected 1 to 100`);
  return limit;
}

/**
 * The ISO time of a filter. Without a time zone it is UTC. A date without a time, as an end, means the end of
 * that day.
 */
export function timeOf(query: Query, name: string, isEnd: boolean): string | undefined {
  const text = one(query, name);
  if (text === undefined) return undefined;
  const bareDate = /^\d{4}-\d\d-\d\d$/.test(text);
  // A plus sign that was not escaped arrives as a space.
  const zoned = /(Z|[+ -]\d\d:?\d\d)$/i.test(text) || bareDate ? text.replace(' ', '+') : `${text}Z`;
  const time = Date.parse(zoned);
  if (Number.isNaN(time)) throw invalid(`${name} is "${text}"; expected an ISO 8601 time`);
  return new Date(bareDate && isEnd ? time + 86_400_000 : time).toISOString();
}
