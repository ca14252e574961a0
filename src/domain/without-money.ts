/** A payment without money: it has failed or is over, it is on hold, or it opens again. */
import type { Finding } from './finding.ts';
import { cameBack } from './operation-updates.ts';
import { asItWas, change, type OrderChange } from './order-change.ts';
import { isEnd, statusWithout } from './order-status.ts';
import type { OrderSnapshot, UpdateType } from './order.ts';
import type { PaymentSnapshot, PaymentStatus } from './payment.ts';
import { review } from './review.ts';

/** The finding shows no money, and the payment has not paid the order. */
export function withoutMoney(order: OrderSnapshot, payment: PaymentSnapshot, finding: Finding): OrderChange {
  if (finding.status === 'REVIEW') return review(order, payment, finding, finding.review ?? 'unclear');
  if (finding.status === 'ON_HOLD') return hold(order, payment, finding);
  if (finding.status === 'PENDING') return reopen(order, payment, finding);
  const orderStatus = statusWithout(order, { ...payment, closedBy: finding.closedBy ?? payment.closedBy });
  const isLatest = order.paidPaymentId === null && order.latestN === payment.n;
  const back = isLatest ? cameBack(payment, finding, orderStatus) : [];
  const isOther = isLatest && payment.status !== finding.status;
  const isHeard = isOther || back.length > 0 || isEnd(order, orderStatus);
  const type = FAILURES[finding.status];
  const isNews = type !== undefined && isHeard;
  // The session was closed to make room for another one. Notify the merchant only if none follows.
  const isReplaced = order.isReplacing && finding.closedBy === 'merchant';
  const deferred = isReplaced && { isDeferred: true as const };
  const updates = isNews ? [...back, { type, cause: finding.cause, orderStatus, ...deferred }] : [];
  return change(payment, finding, orderStatus, updates);
}

/**
 * The last two did not pay the order: a session that was closed before its money came, and money that could
 * not pay and has gone back.
 */
const FAILURES: Partial<Record<PaymentStatus, UpdateType>> = {
  FAILED: 'order.payment_failed',
  DECLINED: 'order.payment_declined',
  CANCELLED: 'order.payment_cancelled',
  EXPIRED: 'order.payment_expired',
  VOIDED: 'order.payment_cancelled',
  REFUNDED: 'order.late_payment_returned',
};

function hold(order: OrderSnapshot, payment: PaymentSnapshot, finding: Finding): OrderChange {
  // A hold on a closed payment, or beside another open session, may still turn into money. It is put in
  // REVIEW and watched, instead of keeping the order pending.
  const isLate = payment.closedBy !== null || order.paidPaymentId !== null || order.otherOpen !== null;
  if (isLate) return review(order, payment, finding, 'late_hold');
  const orderStatus = order.otherReviewed ? 'REVIEW' : 'PAYMENT_PENDING';
  const update = { type: 'order.payment_pending', cause: finding.cause, orderStatus } as const;
  return change(payment, finding, orderStatus, payment.status === 'ON_HOLD' ? [] : [update]);
}

/**
 * A review or a hold that ends without any money. The payment opens again, unless it was closed or another session
 * is open or has paid.
 */
function reopen(order: OrderSnapshot, payment: PaymentSnapshot, finding: Finding): OrderChange {
  const isFree = order.paidPaymentId === null && order.otherOpen === null && payment.closedBy === null;
  if (!isFree) return asItWas(order, payment, finding);
  return change(payment, finding, order.otherReviewed ? 'REVIEW' : 'AWAITING_PAYMENT');
}
