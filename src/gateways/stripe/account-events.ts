/**
 * The events of the account, as webhooks about them would be read. A thin event (`v2.core.event`) has no row of its
 * own: it names an event of this list, and both are one delivery.
 */
import { z } from 'zod';
import type { AccountEvent, AccountPlace, CallOptions, EventsPage } from '../gateway.ts';
import { readPageOnce } from '../shared/read-pages.ts';
import type { StripeClient } from './client.ts';
import { SUBSCRIBED_EVENTS } from './event-types.ts';
import { listingOf, secondsOf } from './listing-call.ts';
import { readListedEvent, type Addressee } from './read-event.ts';
import { secondsField } from './stripe-fields.ts';

const createdSchema = z.object({ created: secondsField });

/** One page, by one call, newest first. Only the types that our endpoint is subscribed to. */
export async function listEvents(
  { client, ...addressee }: Addressee & { readonly client: StripeClient },
  { since, until, cursor }: AccountPlace,
  options?: CallOptions,
): Promise<EventsPage> {
  const created = { gte: secondsOf(since), lte: secondsOf(until) };
  const query = { types: SUBSCRIBED_EVENTS, created };
  const call = { operation: 'list account events', path: '/v1/events', query, signal: options?.signal };
  const { rows, next } = await readPageOnce(listingOf(client, call), cursor);
  return { rows: rows.map((row) => toEvent(row, { since, addressee })), next };
}

/** Without a readable time it is not understood either, and its time is of no use. */
function toEvent(
  row: unknown,
  { since, addressee }: { readonly since: Date; readonly addressee: Addressee },
): AccountEvent {
  return {
    ...readListedEvent(row, addressee),
    createdAt: createdSchema.safeParse(row).data?.created ?? since,
  };
}
