/** Finds the payment of a callback that has no key of ours: by the names that the gateway uses. */
import { and, eq, type SQL } from 'drizzle-orm';
import type { Claim } from '../domain/callback.ts';
import type { PaymentKey } from '../domain/payment.ts';
import type { Db } from './open.ts';
import { payments } from './schema/order-tables.ts';
import { hasSurplus } from './surplus-condition.ts';

/**
 * The payment that a session was opened for, or whose money a transaction is. Null where neither is ours, or
 * not known yet.
 */
export async function findKey(
  db: Db,
  gateway: string,
  { sessionId, transactionId }: Pick<Claim, 'sessionId' | 'transactionId'>,
): Promise<PaymentKey | null> {
  if (sessionId !== undefined) return findBy(db, gateway, eq(payments.sessionId, sessionId));
  if (transactionId === undefined) return null;
  const own = await findBy(db, gateway, eq(payments.transactionId, transactionId));
  return own ?? findBy(db, gateway, hasSurplus([transactionId]));
}

async function findBy(db: Db, gateway: string, wanted: SQL | undefined): Promise<PaymentKey | null> {
  const [found] = await db
    .select({ paymentId: payments.id, orderReference: payments.orderReference, n: payments.n })
    .from(payments)
    .where(and(eq(payments.gateway, gateway), wanted))
    .limit(1);
  return found ?? null;
}
