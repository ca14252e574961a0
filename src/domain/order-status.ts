/** The status of an order once one of its payments can't pay it. */
import type { OrderSnapshot, OrderStatus } from './order.ts';
import { isSettled, type PaymentSnapshot } from './payment.ts';

/** The order's status once this payment needs no review any more. */
export function statusAfterReview(order: OrderSnapshot, payment: PaymentSnapshot): OrderStatus {
  return payment.status === 'REVIEW' ? statusWithout(order, payment) : order.status;
}

/**
 * The order's status once this payment can't pay it: as the other open payment makes it, or as the last
 * payment that could pay has ended.
 */
export function statusWithout(order: OrderSnapshot, payment: PaymentSnapshot): OrderStatus {
  if (order.paidPaymentId !== null) return order.status;
  if (order.otherReviewed) return 'REVIEW';
  if (order.otherOpen !== null) return order.otherOpen === 'ON_HOLD' ? 'PAYMENT_PENDING' : 'AWAITING_PAYMENT';
  const couldPay = !isSettled(payment.status);
  if (!couldPay && order.latestN !== payment.n) return order.status;
  return payment.closedBy === 'merchant' ? 'CANCELLED' : 'PAYMENT_FAILED';
}

/** No payment can pay the order any more, and the merchant does not know that yet. */
export function isEnd(order: OrderSnapshot, now: OrderStatus): boolean {
  return now !== order.status && (now === 'PAYMENT_FAILED' || now === 'CANCELLED');
}
