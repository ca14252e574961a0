/** `src/store/find-key.ts` in memory. */
import type { Claim } from '../../../src/domain/callback.ts';
import type { PaymentKey } from '../../../src/domain/payment.ts';
import type { Db } from '../../../src/store/open.ts';
import { tablesOf } from '../world/tables.ts';

export function findKey(
  db: Db,
  _: string,
  { sessionId, transactionId }: Pick<Claim, 'sessionId' | 'transactionId'>,
): Promise<PaymentKey | null> {
  const tables = tablesOf(db);
  return tables.call('find the payment of a callback', () => {
    const payments = [...tables.payments.values()];
    const found =
      sessionId === undefined
        ? (payments.find((payment) => payment.transactionId === (transactionId ?? '')) ??
          payments.find(({ surplus }) => surplus.some((other) => other.transactionId === transactionId)))
        : payments.find((payment) => payment.sessionId === sessionId);
    if (found === undefined) return null;
    const { id: paymentId, orderReference, n } = found;
    return { paymentId, orderReference, n };
  });
}
