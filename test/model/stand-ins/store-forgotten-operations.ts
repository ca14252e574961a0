/** `src/store/forgotten-operations.ts` in memory. */
import { mustGiveBackSurplus } from '../../../src/domain/surplus.ts';
import type { Forgotten } from '../../../src/store/forgotten-operations.ts';
import type { Db } from '../../../src/store/open.ts';
import type { OperationRow } from '../../../src/store/operations.ts';
import type { PaymentRow } from '../../../src/store/payments.ts';
import { isUnfinished, tablesOf, type Tables } from '../world/tables.ts';

const MINUTE_MS = 60_000;

export function takeForgotten(db: Db): Promise<Forgotten[]> {
  const tables = tablesOf(db);
  return tables.call('take what is forgotten', () => {
    const now = Date.now();
    const operations = [...tables.operations.values()].filter((operation) => isIdle(operation, now));
    const payments = [...tables.payments.values()].filter((payment) => isHeld(tables, payment, now));
    for (const { id } of operations) tables.changeOperation(id, {});
    for (const { id } of payments) tables.changePayment(id, {});
    return [
      ...operations.map((operation) => ({ paymentId: operation.paymentId, operation })),
      ...payments.map(({ id }) => ({ paymentId: id, operation: null })),
    ].map(({ paymentId, operation }) => ({
      payment: tables.payments.get(paymentId) as PaymentRow,
      operation,
    }));
  });
}

function isIdle(operation: OperationRow, now: number): boolean {
  if (!isUnfinished(operation)) return false;
  const age = now - operation.createdAt.getTime();
  const rare = Math.max(MINUTE_MS, Math.min(age / 2, 60 * MINUTE_MS));
  return (
    now - operation.updatedAt.getTime() >
    (operation.sentAt === null || operation.code !== null ? rare : 90 * MINUTE_MS)
  );
}

function isHeld(tables: Tables, payment: PaymentRow, now: number): boolean {
  const { id, mustGiveBack, surplus, orderReference, updatedAt } = payment;
  const isPayer = tables.orders.get(orderReference)?.paidPaymentId === id;
  if (!(mustGiveBack && !isPayer) && !mustGiveBackSurplus(surplus)) return false;
  if (now - updatedAt.getTime() <= 15 * MINUTE_MS) return false;
  return !tables.operationsOf(id).some(isUnfinished);
}
