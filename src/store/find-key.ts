/** Finds the payment of a callback that has no key of ours: by the names that the gateway uses. */
import { and, eq } from 'drizzle-orm';
import type { Claim } from '../domain/callback.ts';
import type { PaymentKey } from '../domain/payment.ts';
import type { Db } from './open.ts';
import { payments } from './schema/order-tables.ts';

/**
 * The payment that a session was opened for, or whose money a transaction is. Null where neither is ours, or
 * not known yet.
 */
export async function findKey(
  db: Db,
  gateway: string,
  { sessionId, transactionId }: Pick<Claim, 'sessionId' | 'transactionId'>,
): Promise<PaymentKey | null> {
  const bySession = sessionId !== undefined;
  const [column, id] = bySession ? [payments.sessionId, sessionId] : [payments.transactionId, transactionId];
  if (id === undefined) return null;
  const [found] = await db
    .select({ paymentId: payments.id, orderReference: payments.orderReference, n: payments.n })
    .from(payments)
    .where(and(eq(payments.gateway, gateway), eq(column, id)))
    .limit(1);
  return found ?? null;
}
