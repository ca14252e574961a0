import type { Holding, Repeated } from '../../books/holding.ts';
import type { Ledger } from '../records/ledger.ts';
import type { Session } from '../sessions/session.ts';
import { sumsOf } from '../transactions/sums.ts';
import type { Transaction, TransactionEvent } from '../transactions/transaction.ts';

/**
 * The profile of sessions that `/__sim/transactions` makes. They belong to another shop, so the books ignore
 * them.
 */
export const FOREIGN_PROFILE = 'another-shop';

const AUTHORIZED = new Set(['AUTHORIZED', 'CAPTURED', 'PARTIALLY_CAPTURED']);

/** The transactions of the merchant, as the rules of the books see them. */
export function holdingsOf({ transactions, sessions }: Pick<Ledger, 'transactions' | 'sessions'>): Holding[] {
  return transactions
    .all()
    .filter(({ metadata }) => metadata['session:profile_id'] !== FOREIGN_PROFILE)
    .map((transaction) => holdingOf(transaction, sessions.get(transaction.session_id)));
}

function holdingOf(transaction: Transaction, session: Session | undefined): Holding {
  const { id, merchant_reference: reference, amount, currency, status, events } = transaction;
  const sums = sumsOf(transaction);
  return {
    id,
    reference,
    amount,
    currency,
    status,
    ...sums,
    held: status === 'AUTHORIZED' ? amount : sums.captured - sums.refunded,
    wasPaid:
      AUTHORIZED.has(status) ||
      events.some((event) => event.success && AUTHORIZED.has(event.transaction_status)),
    repeated: [...repeated(transaction, session, 'CAPTURE'), ...repeated(transaction, session, 'REFUND')],
    changedMs: Date.parse(events.at(-1)?.created_at ?? transaction.created_at),
  };
}

/** An event without its own reference gets that of the order, so that one may repeat. */
function repeated(
  transaction: Transaction,
  session: Session | undefined,
  name: 'CAPTURE' | 'REFUND',
): Repeated[] {
  const usual = session?.order['event_reference'];
  const counts = new Map<string, number>();
  const isOne = ({ event, success }: TransactionEvent): boolean => success && event === name;
  for (const { event_reference: by } of transaction.events.filter(isOne)) {
    if (by === undefined || by === usual) continue;
    counts.set(by, (counts.get(by) ?? 0) + 1);
  }
  const kind = name === 'CAPTURE' ? 'capture' : 'refund';
  return [...counts].filter(([, times]) => times > 1).map(([by, times]) => ({ kind, by, times }));
}
