import { z } from 'zod';
import type { DinteroClient } from './client.ts';
import { rejected, unclear, understand } from './words.ts';

/** The largest page that Dintero gives. Its default of 10 is a trap. */
const PAGE_SIZE = 100;

const page = z.array(z.unknown());
const identified = z.object({ id: z.string().min(1) });

/** All rows of a listing, page by page, until a page is short. Throws where the cursor does not move. */
export async function* readPages(
  client: DinteroClient,
  listing: {
    readonly operation: string;
    readonly path: string;
    /** A list is one parameter repeated. */
    readonly filters: Readonly<Record<string, string | readonly string[]>>;
    readonly signal: AbortSignal | undefined;
  },
): AsyncGenerator<readonly unknown[]> {
  const seen = new Set<string>();
  let cursor: string | undefined;
  for (;;) {
    const rows = await readPage(client, listing, cursor);
    cursor = rows.length < PAGE_SIZE ? undefined : lastId(rows);
    if (rows.length >= PAGE_SIZE && (cursor === undefined || seen.has(cursor))) {
      throw unclear(listing.operation, 'the listing repeats itself, so its end can not be reached');
    }
    yield rows;
    if (cursor === undefined) return;
    seen.add(cursor);
  }
}

async function readPage(
  client: DinteroClient,
  { operation, path, filters, signal }: Parameters<typeof readPages>[1],
  cursor: string | undefined,
): Promise<readonly unknown[]> {
  const query = new URLSearchParams(
    Object.entries(filters).flatMap(([name, values]) => [values].flat().map((value) => [name, value])),
  );
  query.set('limit', String(PAGE_SIZE));
  if (cursor !== undefined) query.set('starting_after', cursor);
  const answer = await client({ operation, method: 'GET', path: `${path}?${query.toString()}`, signal });
  if (answer.status >= 400) throw rejected(operation, answer);
  const rows = understand(page, answer);
  if (!rows.ok) throw unclear(operation, rows.reason);
  return rows.value;
}

/** The last id of a page, also where the last row itself can't be read: a row too many is harmless. */
function lastId(rows: readonly unknown[]): string | undefined {
  const parsed = identified.safeParse(rows.findLast((row) => identified.safeParse(row).success));
  return parsed.success ? parsed.data.id : undefined;
}
