/** Listings that are read page by page. Each page starts after the last id of the previous one. */
import { z } from 'zod';
import { GatewayRejected, GatewayUnavailable } from '../gateway-errors.ts';
import { idField } from './gateway-fields.ts';

const identified = z.object({ id: idField });

export interface PagedListing {
  /** The gateway and the listing, for errors. */
  readonly name: string;
  readonly pageSize: number;
  /** The rows after this id; the first page for undefined. */
  ask(after: string | undefined): Promise<readonly unknown[]>;
}

export interface Page {
  readonly rows: readonly unknown[];
  /** The cursor of the next page, opaque; null after the last. */
  readonly next: string | null;
}

/** A full page leads back to an earlier place of the listing, so its end can't be reached. */
export class ListingRepeats extends GatewayUnavailable {
  constructor({ name }: PagedListing) {
    super(`${name}: the listing repeats itself, so its end cannot be reached`, { kind: 'silent' });
  }
}

/** All rows of a listing, page by page, until a page is short. @throws what `readPage` throws */
export async function* readPages(listing: PagedListing): AsyncGenerator<readonly unknown[]> {
  let cursor: string | null = null;
  do {
    const { rows, next } = await readPage(listing, cursor);
    yield rows;
    cursor = next;
  } while (cursor !== null);
}

/** The page after the one that gave the cursor. @throws what `ask` throws, ListingRepeats */
export async function readPage(listing: PagedListing, cursor: string | null): Promise<Page> {
  const place = cursor === null ? null : placeOf(cursor, listing);
  const rows = await listing.ask(place?.after);
  if (rows.length < listing.pageSize) return { rows, next: null };
  const next = stepTo(lastId(rows), place);
  if (next === null) throw new ListingRepeats(listing);
  return { rows, next: JSON.stringify(next) };
}

/**
 * The same for a caller that repeats a call after silence: a listing that repeats itself would do so again.
 * @throws what `ask` throws, GatewayRejected where the listing repeats itself
 */
export async function readPageOnce(listing: PagedListing, cursor: string | null): Promise<Page> {
  try {
    return await readPage(listing, cursor);
  } catch (error) {
    throw error instanceof ListingRepeats ? new GatewayRejected(error.message) : error;
  }
}

/**
 * A place in a listing. `mark` is an earlier place that each later one is compared with. It is moved forward
 * after 1, 2, 4, 8 … steps. This detects a cycle of any length with a small cursor (Brent's algorithm).
 */
const placeSchema = z.object({
  after: idField,
  mark: idField,
  steps: z.int().min(0),
  limit: z.int().min(1),
});
type Place = z.infer<typeof placeSchema>;

/** Null if the listing does not advance. */
function stepTo(after: string | undefined, from: Place | null): Place | null {
  if (after === undefined) return null;
  if (from === null) return { after, mark: after, steps: 0, limit: 1 };
  if (after === from.after || after === from.mark) return null;
  const { mark, limit } = from;
  const steps = from.steps + 1;
  return steps < limit ? { after, mark, steps, limit } : { after, mark: after, steps: 0, limit: limit * 2 };
}

function placeOf(cursor: string, { name }: PagedListing): Place {
  try {
    return placeSchema.parse(JSON.parse(cursor));
  } catch {
    throw new GatewayRejected(`${name}: "${cursor.slice(0, 100)}" is not a cursor of a listing`);
  }
}

/**
 * The last readable id of a page. If the last row can't be read, some rows are read twice, which is harmless.
 */
function lastId(rows: readonly unknown[]): string | undefined {
  const parsed = identified.safeParse(rows.findLast((row) => identified.safeParse(row).success));
  return parsed.success ? parsed.data.id : undefined;
}
