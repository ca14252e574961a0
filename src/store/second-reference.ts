import { eq, sql } from 'drizzle-orm';
import type { Db } from './open.ts';
import { payments, timeline } from './schema.ts';
import { changeTogether } from './together.ts';

/** The gateway has taken another `merchantReference2`: kept with the payment, and told in its timeline. */
export async function rememberReference(
  db: Db,
  paymentId: string,
  merchantReference2: string,
): Promise<void> {
  const text = `merchantReference2 became ${merchantReference2}`;
  const note = db.insert(timeline).values({
    paymentId,
    kind: 'operation',
    text,
    data: { merchantReference2 },
    key: `merchant-reference-2-${Date.now()}`,
  });
  const payment = db
    .update(payments)
    .set({
      request: sql`${payments.request} || jsonb_build_object('merchantReference2', ${merchantReference2}::text)`,
      updatedAt: sql`now()`,
    })
    .where(eq(payments.id, paymentId));
  await changeTogether(db, [note.onConflictDoNothing(), payment]);
}
