/** `src/store/find-key.ts` in memory. */
import type { Claim } from '../../../src/domain/callback.ts';
import type { PaymentKey } from '../../../src/domain/payment.ts';
import type { Db } from '../../../src/store/open.ts';
import type { PaymentRow } from '../../../src/store/payments.ts';
import { tablesOf } from '../world/tables.ts';

/** As its own one, or as surplus. */
export function hasTransaction(
  { transactionId, surplus }: Pick<PaymentRow, 'transactionId' | 'surplus'>,
  named: string,
): boolean {
  return transactionId === named || surplus.some((one) => one.transactionId === named);
}

export function findKey(
  db: Db,
  _: string,
  { sessionId, transactionId }: Pick<Claim, 'sessionId' | 'transactionId'>,
): Promise<PaymentKey | null> {
  const tables = tablesOf(db);
  return tables.call('find the payment of a callback', () => {
    const found = [...tables.payments.values()].find((payment) =>
      sessionId === undefined
        ? transactionId !== undefined && hasTransaction(payment, transactionId)
        : payment.sessionId === sessionId,
    );
    if (found === undefined) return null;
    const { id: paymentId, orderReference, n } = found;
    return { paymentId, orderReference, n };
  });
}
