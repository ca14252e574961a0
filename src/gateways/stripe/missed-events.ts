import { readPages } from '../shared/read-pages.ts';
import type { StripeClient } from './client.ts';
import { isAboutOurs } from './event-rows.ts';
import { SUBSCRIBED_EVENTS } from './event-types.ts';
import { listingOf, secondsOf } from './listing-call.ts';
import { isOurs, listEndpoints } from './webhook-endpoints.ts';

/** So many pages are enough to see that something is wrong. */
const MOST_PAGES = 5;

/**
 * How many events about payments of ours Stripe could not deliver between two times. Stripe does not say to
 * which endpoint: another one of the account that fails counts, too.
 */
export async function countMissedEvents(
  {
    client,
    publicUrl,
    host,
  }: { readonly client: StripeClient; readonly publicUrl: string; readonly host: string },
  { from, to }: { readonly from: Date; readonly to: Date },
  signal: AbortSignal | undefined,
): Promise<number> {
  const endpoints = await listEndpoints({ client, signal });
  if (!endpoints.some((one) => isOurs(one, publicUrl))) return 0;
  const query = {
    delivery_success: false,
    types: SUBSCRIBED_EVENTS,
    created: { gte: secondsOf(from), lt: secondsOf(to) },
  };
  const listing = listingOf(client, { operation: 'list missed events', path: '/v1/events', query, signal });
  let [missed, pages] = [0, 0];
  for await (const events of readPages(listing)) {
    missed += events.filter((event) => isAboutOurs(event, host)).length;
    pages += 1;
    if (pages === MOST_PAGES) break;
  }
  return missed;
}
