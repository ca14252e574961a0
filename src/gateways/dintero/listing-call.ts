import { z } from 'zod';
import type { PagedListing } from '../shared/read-pages.ts';
import type { DinteroClient } from './client.ts';
import { expected } from './parse-answer.ts';

/** The largest page that Dintero gives. Its default is only 10. */
const PAGE_SIZE = 100;

const page = z.array(z.unknown());

export interface ListingCall {
  readonly operation: string;
  readonly path: string;
  /** A list becomes a repeated parameter. */
  readonly filters: Readonly<Record<string, string | readonly string[]>>;
  readonly signal: AbortSignal | undefined;
}

/** A listing of Dintero's, to be read page by page. */
export function listingOf(client: DinteroClient, call: ListingCall): PagedListing {
  return {
    name: `Dintero ${call.operation}`,
    pageSize: PAGE_SIZE,
    ask: (after) => ask(client, call, after),
  };
}

async function ask(
  client: DinteroClient,
  { operation, path, filters, signal }: ListingCall,
  after: string | undefined,
): Promise<readonly unknown[]> {
  const query = new URLSearchParams();
  for (const [name, values] of Object.entries(filters))
    for (const value of [values].flat()) query.append(name, value);
  query.set('limit', String(PAGE_SIZE));
  if (after !== undefined) query.set('starting_after', after);
  const answer = await client({ operation, method: 'GET', path: `${path}?${query.toString()}`, signal });
  return expected(page, operation, answer);
}
