import { and, eq, sql } from 'drizzle-orm';
import type { Db } from './open.ts';
import { payments, timeline } from './schema.ts';

/**
 * The gateway has taken another `merchantReference2`: kept with the payment, and told in its timeline. False, and nothing is kept, where
 * it is not `before` any more: somebody else has changed it meanwhile, and nobody knows whom the gateway heard last.
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
