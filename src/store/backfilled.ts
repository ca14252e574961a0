/**
 * Rows of the delivery log that a backfill has written. None of them claims its event, so the delivery of the event
 * is logged as if there were none (docs/adr/0032).
 */
import { sql, type SQL } from 'drizzle-orm';
import type { Claim } from '../domain/callback.ts';
import type { PaymentKey } from '../domain/payment.ts';
import { newId } from './new-ids.ts';
import { rows, type Db } from './open.ts';

/** An event of the gateway's history that is about a payment of ours. */
export interface BackfilledEvent {
  readonly eventId: string;
  readonly contentHash: string;
  readonly key: PaymentKey;
  readonly claim: Claim;
  readonly createdAt: Date;
}

const REASON = "from the gateway's own list of events; never received by us";

/**
 * Writes the events that the log does not have. Returns how many of them this backfill has written, now or in an
 * earlier attempt. A row has the time of its event, so that it stands in the log where its delivery would.
 */
export async function writeBackfilled(
  db: Db,
  { id: backfillId, gateway }: { readonly id: string; readonly gateway: string },
  events: readonly BackfilledEvent[],
): Promise<number> {
  if (events.length === 0) return 0;
  const listed = events.map(({ eventId, contentHash, key, claim, createdAt }) => ({
    id: newId('dlv', createdAt.getTime()),
    event_id: eventId,
    content_hash: contentHash,
    payment_id: key.paymentId,
    order_reference: key.orderReference,
    n: key.n,
    claim,
    at: createdAt.toISOString(),
  }));
  await db.execute(sql`insert into deliveries (id, gateway, backfilled_event_id, backfill_id, content_hash, payment_id,
      order_reference, n, outcome, state, reason, claim, method, target, headers, body, receipts, received_at, last_received_at)
    select id, ${gateway}, event_id, ${backfillId}, content_hash, payment_id, order_reference, n, 'backfilled', 'handled',
      ${REASON}, claim, '', '', '{}'::jsonb, ''::bytea, 0, at, at
    from jsonb_to_recordset(${JSON.stringify(listed)}::jsonb) as listed (id text, event_id text, content_hash text,
      payment_id text, order_reference text, n integer, claim jsonb, at timestamptz)
    where not exists (select 1 from deliveries received where received.gateway = ${gateway} and received.event_id = listed.event_id)
    on conflict do nothing`);
  const ids = JSON.stringify(events.map(({ eventId }) => eventId));
  const [count] = await rows<{ written: number }>(
    db,
    sql`select count(*)::int as written from deliveries where gateway = ${gateway} and backfill_id = ${backfillId}
      and backfilled_event_id in (select jsonb_array_elements_text(${ids}::jsonb))`,
  );
  return count?.written ?? 0;
}

/**
 * False for a backfilled row whose event has been received since, or was being received when it was written: the
 * delivery itself is in the log then, and this row only waits for the end of its retention. A scalar subquery, since
 * PostgreSQL may evaluate `not exists` by reading all deliveries.
 */
export const isOnlyRow: SQL = sql`(deliveries.backfilled_event_id is null or (select received.id from deliveries received
  where received.gateway = deliveries.gateway and received.event_id = deliveries.backfilled_event_id) is null)`;
