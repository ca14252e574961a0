/** The listings: new sessions with their payments, and the events of older ones. */
import { GatewayRejected } from '../gateway-errors.ts';
import type { CallOptions, ListedPage, ListedTransaction, Listing, ListingPlace } from '../gateway.ts';
import { readPageOnce } from '../shared/read-pages.ts';
import type { StripeClient } from './client.ts';
import { toChange } from './event-rows.ts';
import { SUBSCRIBED_EVENTS } from './event-types.ts';
import type { Parameters } from './form-parameters.ts';
import { listingOf, secondsOf } from './listing-call.ts';
import { toListed } from './listing-rows.ts';
import { EXPANDED } from './read-payment.ts';

interface StripeListing extends Listing {
  readonly path: string;
  readonly query: Parameters;
  readonly rowsOf: (page: readonly unknown[], host: string) => ListedTransaction[];
}

const LISTINGS: readonly StripeListing[] = [
  {
    name: 'sessions',
    every: 'sweep',
    path: '/v1/checkout/sessions',
    query: { expand: [`data.${EXPANDED}`] },
    rowsOf: (page, host) => page.map((row) => toListed(row, host)).filter((row) => row !== null),
  },
  // Stripe can't list payments by the time of a change, but keeps their events for 30 days.
  {
    name: 'events',
    every: 'hour',
    path: '/v1/events',
    query: { types: SUBSCRIBED_EVENTS },
    rowsOf: (page, host) =>
      newestOfEach(page.map((event) => toChange(event, host)).filter((row) => row !== null)),
  },
];

/** The listings, and how often each is worth its cost. */
export const STRIPE_LISTINGS: readonly Listing[] = LISTINGS.map(({ name, every }) => ({ name, every }));

/** One page of a listing, by one call. @throws GatewayRejected for an unknown listing */
export async function listPage(
  { client, host }: { readonly client: StripeClient; readonly host: string },
  { listing: name, since, until, cursor }: ListingPlace,
  options?: CallOptions,
): Promise<ListedPage> {
  const { path, query, every, rowsOf } = listingNamed(name);
  const isOfNew = until !== undefined && every === 'sweep';
  const created = { gte: secondsOf(since), ...(isOfNew && { lte: secondsOf(until) + 1 }) };
  const asked = { ...query, created };
  const call = { operation: `list ${name}`, path, query: asked, signal: options?.signal };
  const { rows, next } = await readPageOnce(listingOf(client, call), cursor);
  return { rows: rowsOf(rows, host), next };
}

function listingNamed(name: string): StripeListing {
  const found = LISTINGS.find((listing) => listing.name === name);
  if (found !== undefined) return found;
  const names = LISTINGS.map((listing) => listing.name).join(', ');
  throw new GatewayRejected(`Stripe has no listing "${name}"; the listings are ${names}`);
}

/** Events come newest first. An older one says what was true before. */
function newestOfEach(rows: readonly ListedTransaction[]): ListedTransaction[] {
  const newest = new Map<string, ListedTransaction>();
  for (const row of rows) if (!newest.has(row.transactionId)) newest.set(row.transactionId, row);
  return [...newest.values()];
}
