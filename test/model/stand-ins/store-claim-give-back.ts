/** `src/store/claim-give-back.ts` in memory. */
import type { OperationCause } from '../../../src/domain/operation.ts';
import type { Db } from '../../../src/store/open.ts';
import type { OperationRow } from '../../../src/store/operations.ts';
import type { PaymentRow } from '../../../src/store/payments.ts';
import { isUnfinished, tablesOf, type Tables } from '../world/tables.ts';
import { isUsedNow } from './store-decisions.ts';
import { claim } from './store-operations.ts';

export function claimGiveBack(
  db: Db,
  paymentId: string,
  { kind, cause, noteKey = '' }: { kind: 'refund' | 'void'; cause: OperationCause; noteKey?: string },
): Promise<OperationRow | null> {
  const tables = tablesOf(db);
  return tables.call('claim a give-back', () => {
    const earlier = tables
      .operationsOf(paymentId)
      .filter(({ reference }) => reference.startsWith('give-back-'));
    const open = earlier.find(isUnfinished);
    if (open !== undefined) return open;
    if (!mayGoBack(tables, paymentId, cause)) return null;
    const use = { noteKey, decision: 'give_back', by: 'give_back' } as const;
    if (cause === 'operator' && !isUsedNow(tables, paymentId, use)) return null;
    const reference = `give-back-${earlier.length + 1}`;
    const common = { wanted: null, finalCapture: false, bodyHash: reference };
    return claim(tables, { ...common, paymentId, kind, reference, cause }).operation;
  });
}

function mayGoBack(tables: Tables, paymentId: string, cause: OperationCause): boolean {
  const payment = tables.payments.get(paymentId) as PaymentRow;
  const { paidPaymentId = null, paidAt = null } = tables.orders.get(payment.orderReference) ?? {};
  if (payment.dismissed) return false;
  if (paidPaymentId !== paymentId) return true;
  const isBegun = tables
    .operationsOf(paymentId)
    .some((row) => row.cause === 'operator' && paidAt !== null && row.createdAt > paidAt);
  return cause === 'operator' && (payment.status === 'REVIEW' || isBegun);
}
