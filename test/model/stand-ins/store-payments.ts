/** `src/store/payments.ts` in memory. */
import type { Db } from '../../../src/store/open.ts';
import type { AdoptedPayment, OrderRow, PaymentRow } from '../../../src/store/payments.ts';
import { tablesOf } from '../world/tables.ts';

export type * from '../../../src/store/payments.ts';

export function recordOpened(
  db: Db,
  paymentId: string,
  { sessionId, checkoutUrl, runId }: { sessionId: string; checkoutUrl: string; runId: string; text: string },
): Promise<{ sessionId: string; checkoutUrl: string }> {
  const tables = tablesOf(db);
  return tables.call('record the session', () => {
    const payment = tables.payments.get(paymentId) as PaymentRow;
    const isFirst = payment.sessionId === null || payment.sessionId === sessionId;
    if (isFirst) tables.changePayment(paymentId, { sessionId, checkoutUrl, runId });
    const kept = tables.payments.get(paymentId);
    return { sessionId: kept?.sessionId ?? sessionId, checkoutUrl: kept?.checkoutUrl ?? checkoutUrl };
  });
}

/** No row is ever lost here. */
export function adoptPayment(_: Db, { paymentId }: AdoptedPayment): Promise<PaymentRow | null> {
  return Promise.reject(new Error(`payment ${paymentId} would have to be adopted`));
}

export function findPayment(db: Db, paymentId: string): Promise<PaymentRow | null> {
  const tables = tablesOf(db);
  return tables.call('find a payment', () => tables.payments.get(paymentId) ?? null);
}

export function findOrder(
  db: Db,
  reference: string,
): Promise<{ order: OrderRow; payments: PaymentRow[] } | null> {
  const tables = tablesOf(db);
  return tables.call('find an order', () => {
    const order = tables.orders.get(reference);
    return order === undefined ? null : { order, payments: tables.paymentsOf(reference).reverse() };
  });
}
