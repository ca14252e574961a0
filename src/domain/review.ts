/** How a person is asked about a payment, and how the question ends. */
import type { Finding } from './finding.ts';
import { asItWas, change, type OrderChange, type UpdateToSend } from './order-change.ts';
import { isEnd, statusAfterReview } from './order-status.ts';
import type { OrderSnapshot, OrderStatus } from './order.ts';
import { isSettled, type PaymentSnapshot, type ReviewCode } from './payment.ts';

/** A person is asked about the payment. Its order shows that too, unless it is paid. */
export function review(
  order: OrderSnapshot,
  payment: PaymentSnapshot,
  finding: Finding,
  code: ReviewCode,
  updates: readonly UpdateToSend[] = [],
): OrderChange {
  const orderStatus = order.paidPaymentId === null ? 'REVIEW' : order.status;
  // An unclear answer is reported in the gateway's words. Every other code needs no explanation.
  const reason = code === 'unclear' ? (finding.reason ?? code) : code;
  const isKnown = payment.status === 'REVIEW' && payment.reason === reason;
  const told = { type: 'order.review', cause: `${code}-${finding.cause}`, orderStatus } as const;
  return {
    ...change(payment, { ...finding, status: 'REVIEW', reason }, orderStatus),
    reviewCode: code,
    updates: isKnown ? updates : [...updates, told],
  };
}

/**
 * UNKNOWN takes nothing back. The payment keeps its proved status, and a person looks into it until the
 * gateway confirms that status.
 */
export function mark(order: OrderSnapshot, payment: PaymentSnapshot, finding: Finding): OrderChange {
  const { review: reviewCode = null, reason, cause } = finding;
  const stays = asItWas(order, payment, finding);
  if (!isSettled(payment.status) || payment.dismissed) return stays;
  const reviewMark = reviewCode === null ? null : (reason ?? reviewCode);
  const marked = { ...stays, reviewCode, reviewMark };
  if ((reviewMark === null) === (payment.reviewMark === null)) return marked;
  const orderStatus = order.status;
  if (reviewCode !== null)
    return { ...marked, updates: [{ type: 'order.review', cause: `${reviewCode}-${cause}`, orderStatus }] };
  const hasPaid = order.paidPaymentId === payment.paymentId;
  return { ...marked, updates: hasPaid ? reviewEnded(payment, finding, orderStatus) : [] };
}

/** The update that the question is over, where there was one. */
export function reviewEnded(
  { status, reviewCode, reviewMark }: PaymentSnapshot,
  { cause }: Finding,
  orderStatus: OrderStatus,
): UpdateToSend[] {
  if (status !== 'REVIEW' && reviewMark === null) return [];
  return [{ type: 'order.review_ended', cause: `${reviewCode ?? 'unclear'}-${cause}`, orderStatus }];
}

/** An operator has dismissed the payment: it never changes its order again. */
export function dismiss(order: OrderSnapshot, payment: PaymentSnapshot, finding: Finding): OrderChange {
  const orderStatus = statusAfterReview(order, payment);
  const type = payment.closedBy === 'merchant' ? 'order.payment_cancelled' : 'order.payment_failed';
  // The merchant knows of the review. It does not know yet that the order can be paid again.
  const updates = isEnd(order, orderStatus) ? [{ type, cause: 'dismissed', orderStatus } as const] : [];
  return { ...change(payment, finding, orderStatus, updates), dismissed: true };
}

/** A later finding about a dismissed payment. It changes nothing about the order. */
export function quietly(order: OrderSnapshot, payment: PaymentSnapshot, finding: Finding): OrderChange {
  const changed = change(payment, finding, order.status);
  if (isSettled(finding.status)) return changed;
  // Neither open nor in REVIEW again: either would keep the order from getting a new payment.
  const { status, reason } = payment;
  return { ...changed, status, reason };
}
