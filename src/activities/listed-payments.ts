/** The payments behind the rows of a listing. */
import type { Db } from '../store/open.ts';
import type { PaymentRow } from '../store/payments.ts';
import { findListed } from '../store/sweeps.ts';

/** `transactionId`: empty where only the session is shown. */
interface Named {
  readonly sessionId: string | null;
  readonly transactionId: string;
}

export interface Behind<Row extends Named> {
  readonly listed: Row;
  /** Null where none of ours has the session, or the transaction where the row shows no session. */
  readonly payment: PaymentRow | null;
}

export async function paymentsBehind<Row extends Named>(
  db: Db,
  gateway: string,
  rows: readonly Row[],
): Promise<Behind<Row>[]> {
  const found = await findListed(db, gateway, rows);
  const bySession = new Map(found.map((row) => [row.sessionId, row]));
  const byTransaction = new Map(found.flatMap((row) => transactionsOf(row).map((id) => [id, row] as const)));
  return rows.map((listed) => {
    const { sessionId, transactionId } = listed;
    const payment = sessionId === null ? byTransaction.get(transactionId) : bySession.get(sessionId);
    return { listed, payment: payment ?? null };
  });
}

function transactionsOf({ transactionId, surplus }: PaymentRow): readonly (string | null)[] {
  return [transactionId, ...surplus.map((one) => one.transactionId)];
}
