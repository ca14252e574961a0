/** Listings that are read page by page, each page after the last id of the one before. */
import { z } from 'zod';
import { GatewayRejected, GatewayUnavailable } from '../gateway.ts';
import { idField } from './gateway-fields.ts';

const identified = z.object({ id: idField });

export interface PagedListing {
  /** The gateway and what is listed, for errors. */
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

/** A full page leads back to where the listing has been: its end can't be reached. */
export class ListingRepeats extends GatewayUnavailable {
  constructor({ name }: PagedListing) {
    super(`${name}: the listing repeats itself, so its end can not be reached`, { kind: 'silent' });
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

/** One page, after the one that gave the cursor. @throws what `ask` throws, ListingRepeats */
export async function readPage(listing: PagedListing, cursor: string | null): Promise<Page> {
  const place = cursor === null ? null : placeOf(cursor, listing);
  const rows = await listing.ask(place?.after);
  if (rows.length < listing.pageSize) return { rows, next: null };
  const next = stepTo(lastId(rows), place);
  if (next === null) throw new ListingRepeats(listing);
  return { rows, next: JSON.stringify(next) };
}

/**
 * A place in a listing. `mark` is an earlier place that is compared with each later one, and moved on after 1, 2, 4, 8 … steps: it meets
 * itself in a listing that goes round in whatever circle, and a cursor stays small (Brent's algorithm).
 */
const placeSchema = z.object({
  after: idField,
  mark: idField,
  steps: z.int().min(0),
  limit: z.int().min(1),
});
type Place = z.infer<typeof placeSchema>;

/** Null where the listing does not move on. */
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
    throw new GatewayRejected(`${name}: "${cursor.slice(0, 100)}" is no cursor of a listing`);
  }
}

/** The last id of a page, also where the last row itself can't be read: a row too many is harmless. */
function lastId(rows: readonly unknown[]): string | undefined {
  const parsed = identified.safeParse(rows.findLast((row) => identified.safeParse(row).success));
  return parsed.success ? parsed.data.id : undefined;
}
