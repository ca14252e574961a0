/** Records as a reader sees them, now or in a lagging read model. */
import type { Ledger } from './ledger.ts';
import type { Session } from '../sessions/session.ts';
import type { Transaction } from '../transactions/transaction.ts';

/** The time up to which a lagging read model is current; undefined if it does not lag. */
export function cutOff(lagMs: number): string | undefined {
  return lagMs === 0 ? undefined : new Date(Date.now() - lagMs).toISOString();
}

/** The transaction as it was at `cut`: INITIATED before its first event. */
export function transactionView(transaction: Transaction, cut?: string): Transaction {
  if (cut === undefined || transaction.updated_at <= cut) return transaction;
  const events = transaction.events.filter((event) => event.created_at <= cut);
  const last = events.at(-1);
  return {
    ...transaction,
    events,
    status: last?.transaction_status ?? 'INITIATED',
    updated_at: last?.created_at ?? transaction.created_at,
  };
}

/** The session as it was at `cut`. */
export function sessionView(session: Session, ledger: Ledger, cut?: string): Session {
  if (cut === undefined) return session;
  const {
    transaction_id: transactionId,
    cancelled_at: cancelledAt,
    cancelled_by: cancelledBy,
    ...rest
  } = session;
  const transaction = transactionId === undefined ? undefined : ledger.transactions.get(transactionId);
  return {
    ...rest,
    events: session.events.filter((event) => event.created_at <= cut),
    ...(transaction !== undefined && transaction.created_at <= cut ? { transaction_id: transaction.id } : {}),
    ...(cancelledAt !== undefined && cancelledAt <= cut ? { cancelled_at: cancelledAt } : {}),
    ...(cancelledAt !== undefined && cancelledAt <= cut && cancelledBy !== undefined
      ? { cancelled_by: cancelledBy }
      : {}),
  };
}
