/** Compares a row of a listing with what is recorded about its payment. */
import { isMoney, isOpen, type PaymentSnapshot } from './payment.ts';
import { surplusNamed } from './surplus.ts';
import { isKnownStatus, type Transaction } from './transaction.ts';

/** Whether a listing shows other sums than we have recorded. Not every listing shows sums. */
export function hasOtherSums(
  known: Pick<PaymentSnapshot, 'capturedMinor' | 'refundedMinor'>,
  listed: Partial<Pick<PaymentSnapshot, 'capturedMinor' | 'refundedMinor'>>,
): boolean {
  const { capturedMinor = known.capturedMinor, refundedMinor = known.refundedMinor } = listed;
  return capturedMinor !== known.capturedMinor || refundedMinor !== known.refundedMinor;
}

/** A transaction as a listing shows it. */
interface Listed extends Partial<Pick<PaymentSnapshot, 'capturedMinor' | 'refundedMinor'>> {
  readonly transactionId: string;
  readonly status: Transaction['status'];
}

type Recorded = Pick<
  PaymentSnapshot,
  'status' | 'dismissed' | 'reviewCode' | 'transactionId' | 'surplus' | 'capturedMinor' | 'refundedMinor'
>;

/** Whether a listed transaction of the payment's session is worth a look. */
export function isWorthLook(payment: Recorded, listed: Listed): boolean {
  const { transactionId, status } = listed;
  const surplus = surplusNamed(payment.surplus, transactionId);
  if (surplus !== undefined) {
    const known = { status: surplus.status, dismissed: surplus.handling === 'dismissed', reviewCode: null };
    return differsFromListing(known, status, hasOtherSums(surplus, listed));
  }
  const isFurther = payment.transactionId !== null && payment.transactionId !== transactionId;
  if (isFurther && isMoney(payment.status)) return isKnownStatus(status) && isMoney(status);
  return differsFromListing(payment, status, hasOtherSums(payment, listed));
}

/** Whether a listing says something that we do not know yet, so that a look is worth its price. */
export function differsFromListing(
  { status, dismissed, reviewCode }: Pick<PaymentSnapshot, 'status' | 'dismissed' | 'reviewCode'>,
  listed: Transaction['status'],
  hasOtherSums = false,
): boolean {
  // Another partial capture or refund does not change the status.
  if (listed === status) return hasOtherSums && isMoney(status) && !dismissed;
  if (listed === 'INITIATED') return false;
  if (dismissed) return isKnownStatus(listed) && isMoney(listed) && !isMoney(status);
  // A payment that a person is asked about is read every hour anyway.
  if (listed === 'UNCLEAR') return reviewCode === null;
  if (status === 'REVIEW') return false;
  // Closing a session voids what was begun in it. No money is at stake, and every sweep would look again.
  if (listed === 'VOIDED' && status === 'CANCELLED') return false;
  const bothFailed = !isMoney(listed) && listed !== 'ON_HOLD' && !isMoney(status) && !isOpen(status);
  return !bothFailed;
}
