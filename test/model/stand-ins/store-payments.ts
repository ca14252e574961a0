/** `src/store/payments.ts` in memory. */
import type { Db } from '../../../src/store/open.ts';
import type { AdoptedPayment, OpenedSession, OrderRow, PaymentRow } from '../../../src/store/payments.ts';
import { tablesOf } from '../world/tables.ts';

export type * from '../../../src/store/payments.ts';

export function recordOpened(
  db: Db,
  paymentId: string,
  { sessionId, checkoutUrl, runId, ifPending }: OpenedSession,
): Promise<{ sessionId: string | null; checkoutUrl: string | null }> {
  const tables = tablesOf(db);
  return tables.call('record the session', () => {
    const payment = tables.payments.get(paymentId) as PaymentRow;
    const isUnopened = payment.sessionId === null && (ifPending !== true || payment.status === 'PENDING');
    if (isUnopened || payment.sessionId === sessionId)
      tables.changePayment(paymentId, { sessionId, checkoutUrl, ...(runId !== undefined && { runId }) });
    const kept = tables.payments.get(paymentId);
    return { sessionId: kept?.sessionId ?? null, checkoutUrl: kept?.checkoutUrl ?? null };
  });
}

export function endLease(db: Db, paymentId: string): Promise<void> {
  const tables = tablesOf(db);
  return tables.call('end the opening', () => {
    if (tables.payments.get(paymentId)?.sessionId === null)
      tables.changePayment(paymentId, { openingUntil: new Date() });
  });
}

export function recordRun(db: Db, paymentId: string, runId: string): Promise<void> {
  const tables = tablesOf(db);
  return tables.call('record the run', () => {
    if (tables.payments.get(paymentId)?.runId == null) tables.changePayment(paymentId, { runId });
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

export function renewLease(db: Db, paymentId: string, leaseMs: number): Promise<void> {
  const tables = tablesOf(db);
  return tables.call('renew a lease', () => {
    if (tables.payments.get(paymentId)?.sessionId === null)
      tables.changePayment(paymentId, { openingUntil: new Date(Date.now() + leaseMs) });
  });
}
