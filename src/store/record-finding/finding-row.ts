/** The row of a finding for the statistics: the outcome that it is, and the money that it moves. */
import type { FinishedOperation } from '../../domain/finish-operations.ts';
import { isMoved, movedMoney } from '../../domain/moved-money.ts';
import type { OrderChange } from '../../domain/order-change.ts';
import type { PaymentStatus } from '../../domain/payment.ts';
import type { Transaction } from '../../domain/transaction.ts';
import { currencyOf } from '../payment-snapshot.ts';
import type { PaymentRow } from '../payments.ts';
import type { findings, Outcome } from '../schema/stats-tables.ts';
import type { ChangedRows } from './changed-rows.ts';
import type { Locked } from './lock-order.ts';

/** Long enough for any gateway's words, and short enough to count them. */
const LONGEST_REASON = 200;

/** What the reading has shown, as far as it counts. */
interface Shown {
  readonly transaction: Transaction | undefined;
  readonly finished: readonly FinishedOperation[];
}

/** Null where nothing has changed that is counted. */
export function findingRow(
  { payment: before, now }: Locked,
  { order, payment }: ChangedRows,
  change: OrderChange,
  { transaction, finished }: Shown,
): typeof findings.$inferInsert | null {
  const outcome = outcomeOf(before, change);
  const isPayer = order.paidPaymentId === payment.id;
  const moved = movedMoney(before, payment, { isPayer, restVoided: voidedBy(finished) });
  if (outcome === null && !isMoved(moved)) return null;
  const isRefusal = outcome === 'declined' || outcome === 'failed';
  return {
    at: now,
    paymentId: payment.id,
    gateway: payment.gateway,
    currency: transaction?.money.currency ?? currencyOf(payment),
    outcome,
    foundBy: outcome === 'paid' ? payment.foundBy : null,
    paymentMethod: payment.paymentMethod,
    reason: isRefusal ? (payment.reason?.slice(0, LONGEST_REASON) ?? null) : null,
    isFirstCapture: before.captured === 0 && payment.captured > 0,
    ...moved,
  };
}

const ENDS: Partial<Record<PaymentStatus, Outcome>> = {
  DECLINED: 'declined',
  FAILED: 'failed',
  CANCELLED: 'cancelled',
  EXPIRED: 'expired',
};

function outcomeOf(before: PaymentRow, { paysNow, reviewCode, status }: OrderChange): Outcome | null {
  if (paysNow) return 'paid';
  if (reviewCode !== null && before.reviewCode === null) return 'review';
  return status === before.status ? null : (ENDS[status] ?? null);
}

/** The voids of the payment's own money that are done now. */
function voidedBy(finished: readonly FinishedOperation[]): number {
  return finished
    .filter(({ kind, state, transactionId }) => kind === 'void' && state === 'done' && transactionId === null)
    .reduce((sum, { amountMinor }) => sum + (amountMinor ?? 0), 0);
}
