import { and, eq, sql } from 'drizzle-orm';
import type { Db } from './open.ts';
import { payments, timeline } from './schema/order-tables.ts';

/**
 * The gateway has accepted another `merchantReference2`: keeps it with the payment, and notes it in the
 * timeline. False, and nothing is kept, where the value is not `before` any more: another caller has changed
 * it meanwhile, and it is not known which value reached the gateway last.
 */
export function rememberReference(
  db: Db,
  paymentId: string,
  { before, after }: { before: string | undefined; after: string },
): Promise<boolean> {
  return db.transaction(async (tx) => {
    const isAsBefore = sql`${payments.request}->>'merchantReference2' is not distinct from ${before ?? null}`;
    const changed = await tx
      .update(payments)
      .set({
        request: sql`${payments.request} || jsonb_build_object('merchantReference2', ${after}::text)`,
        updatedAt: sql`now()`,
      })
      .where(and(eq(payments.id, paymentId), isAsBefore))
      .returning({ id: payments.id });
    if (changed.length === 0) return false;
    const text = `merchantReference2 became ${after}`;
    const data = { merchantReference2: after };
    const key = `merchant-reference-2-${Date.now()}`;
    await tx.insert(timeline).values({ paymentId, kind: 'operation', text, data, key }).onConflictDoNothing();
    return true;
  });
}
