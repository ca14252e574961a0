/** `src/store/parked.ts` in memory. */
import type { Db } from '../../../src/store/open.ts';
import { tablesOf } from '../world/tables.ts';
import { hasTransaction } from './store-find-key.ts';

const PARKED_FOR_MS = 7 * 24 * 3_600_000;

export function placeParked(db: Db): Promise<void> {
  const tables = tablesOf(db);
  return tables.call('find what is parked', () => {
    for (const row of tables.deliveries.values()) {
      if (row.state !== 'parked') continue;
      const { transactionId } = row.claim;
      const found = [...tables.payments.values()].find((payment) =>
        hasTransaction(payment, transactionId ?? ''),
      );
      const { id: paymentId, orderReference, n } = found ?? {};
      if (paymentId !== undefined)
        tables.deliveries.set(row.eventId ?? '', {
          ...row,
          state: 'received',
          paymentId,
          orderReference: orderReference ?? null,
          n: n ?? null,
        });
      else if (row.receivedAt.getTime() < Date.now() - PARKED_FOR_MS)
        tables.deliveries.set(row.eventId ?? '', { ...row, state: 'handled', outcome: 'ignored' });
    }
  });
}
