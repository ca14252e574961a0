/** A whole list as one file, in CSV or JSON. It is read page by page, as fast as the client takes it. */
import { Readable } from 'node:stream';
import { csvLines } from '../../lib/csv.ts';
import { reply } from './answers.ts';
import type { Column } from './columns.ts';
import { MOST_ROWS } from './pages.ts';

/** As in the largest page of the API: the same statements, and little memory. */
const PAGE_ROWS = 100;

/** The example of a file with this one row. */
export function csvExample<Item>(columns: readonly Column<Item>[], item: Item): string {
  return csvLines([columns.map(([name]) => name), columns.map(([, of]) => of(item))]);
}

interface Page<Item> {
  readonly data: readonly Item[];
  readonly hasMore: boolean;
  readonly nextCursor: string | null;
}

export interface WholeList<Item> {
  /** The file is named after it. */
  readonly name: string;
  readonly columns: readonly Column<Item>[];
  readonly read: (page: { limit: number; cursor: string | undefined }) => Promise<Page<Item>>;
}

/** The answer with the file. The first page is read before, so that its refusal is an answer of its own. */
export async function wholeList<Item>(
  { name, columns, read }: WholeList<Item>,
  { format, cursor }: { format: 'csv' | 'json'; cursor?: string | undefined },
  mostRows = MOST_ROWS,
) {
  const first = await read({ limit: Math.min(PAGE_ROWS, mostRows), cursor });
  const pages = pagesFrom(first, read, mostRows);
  return reply(200, Readable.from(format === 'csv' ? csvOf(pages, columns) : jsonOf(pages)), {
    type: format === 'csv' ? 'text/csv; charset=utf-8' : 'application/json; charset=utf-8',
    headers: {
      'Content-Disposition': `attachment; filename="paidonce-${name}.${format}"`,
      'Cache-Control': 'no-store',
    },
  });
}

async function* pagesFrom<Item>(
  first: Page<Item>,
  read: WholeList<Item>['read'],
  mostRows: number,
): AsyncGenerator<Page<Item>> {
  yield first;
  let { data, hasMore, nextCursor } = first;
  for (let rows = data.length; hasMore && rows < mostRows; rows += data.length) {
    const limit = Math.min(PAGE_ROWS, mostRows - rows);
    ({ data, hasMore, nextCursor } = await read({ limit, cursor: nextCursor ?? undefined }));
    yield { data, hasMore, nextCursor };
  }
}

async function* csvOf<Item>(
  pages: AsyncIterable<Page<Item>>,
  columns: readonly Column<Item>[],
): AsyncGenerator<string> {
  yield csvLines([columns.map(([name]) => name)]);
  let rest: Page<Item> | null = null;
  for await (const page of pages) {
    rest = page;
    yield csvLines(page.data.map((item) => columns.map(([, of]) => of(item))));
  }
  // As many cells as every other line, for strict readers.
  if (rest?.hasMore === true)
    yield csvLines([columns.map((_, at) => (at === 0 ? cutAt(rest.nextCursor) : ''))]);
}

function cutAt(cursor: string | null): string {
  return `cut here: more rows match; the next file begins with cursor=${cursor ?? ''}`;
}

async function* jsonOf<Item>(pages: AsyncIterable<Page<Item>>): AsyncGenerator<string> {
  yield '{"data":[';
  let rest: Page<Item> | null = null;
  for await (const page of pages) {
    const before = rest === null ? '\n' : ',\n';
    if (page.data.length > 0) yield before + page.data.map((item) => JSON.stringify(item)).join(',\n');
    rest = page;
  }
  const { hasMore, nextCursor } = rest ?? { hasMore: false, nextCursor: null };
  yield `\n],"hasMore":${hasMore},"nextCursor":${JSON.stringify(hasMore ? nextCursor : null)}}\n`;
}
