/** `src/store/claim-give-back.ts` in memory. */
import type { OperationCause } from '../../../src/domain/operation.ts';
import { mayGoBack as mayGoBackFor, ownMoneyOf, surplusNamed } from '../../../src/domain/surplus.ts';
import type { WantedGiveBack } from '../../../src/store/claim-give-back.ts';
import type { Db } from '../../../src/store/open.ts';
import type { OperationRow } from '../../../src/store/operations.ts';
import type { PaymentRow } from '../../../src/store/payments.ts';
import { isUnfinished, tablesOf, type Tables } from '../world/tables.ts';
import { isUsedNow } from './store-decisions.ts';
import { claim } from './store-operations.ts';

export function claimGiveBack(
  db: Db,
  paymentId: string,
  { kind, cause, noteKey = '', transactionId }: WantedGiveBack,
): Promise<OperationRow | null> {
  const tables = tablesOf(db);
  return tables.call('claim a give-back', () => {
    const earlier = tables
      .operationsOf(paymentId)
      .filter(({ reference }) => reference.startsWith('give-back-'));
    const ofSame = earlier.filter((row) => row.transactionId === (transactionId ?? null));
    const open = ofSame.find(isUnfinished);
    if (open !== undefined) return open;
    const isAllowed =
      transactionId === undefined
        ? mayGoBack(tables, paymentId, cause)
        : maySurplusGoBack(tables, paymentId, transactionId, cause);
    if (!isAllowed) return null;
    const decision = transactionId === undefined ? 'give_back' : 'give_back_surplus';
    const use = { noteKey, decision, by: 'give_back' } as const;
    if (cause === 'operator' && !isUsedNow(tables, paymentId, use)) return null;
    const reference = `give-back-${earlier.length + 1}`;
    const common = { wanted: null, finalCapture: false, bodyHash: reference };
    const of = transactionId === undefined ? {} : { transactionId };
    return claim(tables, { ...common, ...of, paymentId, kind, reference, cause }).operation;
  });
}

function maySurplusGoBack(
  tables: Tables,
  paymentId: string,
  transactionId: string,
  cause: OperationCause,
): boolean {
  const payment = tables.payments.get(paymentId) as PaymentRow;
  const surplus = surplusNamed(payment.surplus, transactionId);
  return surplus !== undefined && ownMoneyOf(payment) !== transactionId && mayGoBackFor(surplus, cause);
}

function mayGoBack(tables: Tables, paymentId: string, cause: OperationCause): boolean {
  const payment = tables.payments.get(paymentId) as PaymentRow;
  const { paidPaymentId = null, paidAt = null } = tables.orders.get(payment.orderReference) ?? {};
  if (payment.dismissed) return false;
  if (paidPaymentId !== paymentId) return cause === 'operator' || payment.mustGiveBack;
  const isBegun = tables
    .operationsOf(paymentId)
    .some(
      (row) =>
        row.transactionId === null && row.cause === 'operator' && paidAt !== null && row.createdAt > paidAt,
    );
  return cause === 'operator' && (payment.status === 'REVIEW' || isBegun);
}
