/** Deliveries that name a transaction alone, and came before a read has shown us that transaction. */
import { sql } from 'drizzle-orm';
import type { Db } from './open.ts';

/** As long as the gateway's own retries of anything that such a delivery can be about. */
const PARKED_FOR = sql`interval '7 days'`;

/** Two statements, since each condition has an index of its own. */
const HAS_TRANSACTION = [
  sql`p.transaction_id = d.claim->>'transactionId'`,
  sql`p.surplus <> '[]'::jsonb
    and p.surplus @> jsonb_build_array(jsonb_build_object('transactionId', d.claim->>'transactionId'))`,
];

/**
 * Gives parked deliveries to the payments that have their transactions by now, as their own or as surplus, so that
 * they are signalled. The others are foreign after a week.
 */
export async function placeParked(db: Db): Promise<void> {
  for (const has of HAS_TRANSACTION)
    await db.execute(sql`update deliveries d set state = 'received', payment_id = p.id, order_reference = p.order_reference, n = p.n
      from payments p where d.state = 'parked' and p.gateway = d.gateway and ${has}`);
  await db.execute(sql`update deliveries set state = 'handled', outcome = 'ignored', handled_at = now(), body = '',
      reason = 'foreign: for a week no payment of ours had this transaction'
    where state = 'parked' and received_at < now() - ${PARKED_FOR}`);
}
