/** Lists come in pages: the parameters of a page, and the answer of every list. */
import { z } from 'zod';
import type { Page } from '../../store/lists.ts';
import { text } from './fields.ts';

export const limit = z.coerce
  .number('a number')
  .int('a whole number')
  .min(1, 'at least 1')
  .max(100, 'at most 100')
  .default(20)
  .meta({ examples: [20] });

/** The next page begins after the last id of the previous page. */
export const cursorOf = (prefix: 'pay' | 'dlv' | 'op' | 'aud' | 'rec' | 'bkf' | 'apr') =>
  text(200)
    .regex(new RegExp(`^${prefix}_`), 'the nextCursor of the previous page')
    .optional()
    .meta({
      description: 'The `nextCursor` of the previous page',
      examples: [`${prefix}_01a1fe5c6cdc75a99f01df025666`],
    });

/** A page of anything, newest first. */
export function pageOf<Item extends z.ZodType>(of: Item) {
  return z.object({ data: z.array(of), hasMore: z.boolean(), nextCursor: z.string().nullable() });
}

/** A page of a list as the API answers it; the cursor is that of its last row. */
export function viewPage<Row, Item>(
  { rows, hasMore }: Page<Row>,
  view: (row: Row) => Item,
  cursorOf: (row: Row) => string,
): { data: Item[]; hasMore: boolean; nextCursor: string | null } {
  const last = rows.at(-1);
  return {
    data: rows.map((row) => view(row)),
    hasMore,
    nextCursor: hasMore && last !== undefined ? cursorOf(last) : null,
  };
}

/** The cursor of a list whose rows have an id. */
export function idOf({ id }: { readonly id: string }): string {
  return id;
}

/** An example of a last page. */
export function pageWith<Item>(item: Item): { data: Item[]; hasMore: boolean; nextCursor: string | null } {
  return { data: [item], hasMore: false, nextCursor: null };
}

/** How many rows a list has at most as a file. */
export const MOST_ROWS = 50_000;

export const fileFormat = z
  .enum(['csv', 'json'])
  .optional()
  .meta({
    description: `The whole list of this filter as a file instead of one page, up to ${MOST_ROWS} rows: \`csv\`, or \`json\` in the shape of a page. If there are more rows, the last line says so and names the \`cursor\` of the next file. \`limit\` does not apply`,
    examples: ['csv'],
  });
