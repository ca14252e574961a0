/** Whether a reading is older than what was already acted on, or says the same. */
import { disputesAfter } from './dispute.ts';
import { reversalsIn, reversalsOf } from './news.ts';
import { isMoney, isSettled, type PaymentSnapshot } from './payment.ts';
import type { Transaction } from './transaction.ts';

/** What is recorded about a transaction. */
export type Known = Pick<
  PaymentSnapshot,
  'status' | 'capturedMinor' | 'refundedMinor' | 'shown' | 'disputes' | 'transactionUpdatedAt'
>;

/** Whether an answer is older than one that was already acted on, as from a replica that lags behind. */
export function isStale(payment: Known, transaction: Transaction): boolean {
  const [known, said] = [payment.transactionUpdatedAt, transaction.updatedAt];
  const age = known === undefined || said === undefined ? 0 : Date.parse(known) - Date.parse(said);
  // The end of a hold is always news, and so is money, even with an older timestamp. But an old hold must not
  // open again what has failed since.
  if (!isMoney(payment.status))
    return age > 0 && isSettled(payment.status) && transaction.status === 'ON_HOLD';
  return age === 0 ? isBehind(payment, transaction) : age > 0;
}

/** The order of the money's states. Without timestamps a payment may only move forward. */
const PROGRESS: Partial<Record<string, number>> = {
  AUTHORIZED: 1,
  PARTIALLY_CAPTURED: 2,
  CAPTURED: 3,
  PARTIALLY_REFUNDED: 4,
  REFUNDED: 5,
  VOIDED: 5,
};

function isBehind(payment: Known, transaction: Transaction): boolean {
  const [known, shown] = [reversalsIn(payment.shown), reversalsOf(transaction)];
  // A reversal moves money back, so the reading that shows more reversals is the newer one.
  if (shown !== known) return shown < known;
  const [reached, said] = [PROGRESS[payment.status], PROGRESS[transaction.status]];
  if (reached === undefined || said === undefined) return false;
  if (payment.status !== transaction.status) return said <= reached;
  return (
    transaction.capturedMinor < payment.capturedMinor || transaction.refundedMinor < payment.refundedMinor
  );
}

/** Whether the payment is already recorded as the transaction shows it. */
export function isUnchanged(payment: Known, transaction: Transaction): boolean {
  return (
    transaction.status === payment.status &&
    transaction.capturedMinor === payment.capturedMinor &&
    transaction.refundedMinor === payment.refundedMinor &&
    reversalsOf(transaction) === reversalsIn(payment.shown) &&
    disputesAfter(payment.disputes, transaction) === payment.disputes
  );
}
