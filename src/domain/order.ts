import type { Money } from './money.ts';

/** The order's status, as a merchant sees it: contract §3. */
export type OrderStatus =
  | 'AWAITING_PAYMENT'
  | 'PAYMENT_PENDING'
  | 'PAID'
  | 'PAYMENT_FAILED'
  | 'CANCELLED'
  | 'VOIDED'
  | 'REFUNDED'
  | 'REVIEW';

export const ORDER_STATUSES = [
  'AWAITING_PAYMENT',
  'PAYMENT_PENDING',
  'PAID',
  'PAYMENT_FAILED',
  'CANCELLED',
  'VOIDED',
  'REFUNDED',
  'REVIEW',
] as const satisfies readonly OrderStatus[];

/** The types of updates to the merchant: contract §3 and §6. */
export const UPDATE_TYPES = [
  'order.paid',
  'order.payment_pending',
  'order.payment_failed',
  'order.payment_declined',
  'order.payment_cancelled',
  'order.payment_expired',
  'order.voided',
  'order.captured',
  'order.partially_refunded',
  'order.refunded',
  'order.late_payment_returned',
  'order.review',
  'order.review_ended',
  'order.capture_failed',
  'order.capture_reversed',
  'order.refund_failed',
  'order.void_failed',
  'order.authorization_expiring',
  'order.dispute_opened',
  'order.dispute_won',
  'order.dispute_lost',
] as const;

export type UpdateType = (typeof UPDATE_TYPES)[number];

/**
 * One line of what is sold: its total in minor units including VAT, negative for a gift card; `vat` in per
 * cent.
 */
export interface OrderLine {
  readonly id: string;
  readonly lineId: string;
  readonly description: string;
  readonly quantity: number;
  readonly amountMinor: number;
  readonly vat?: number;
  readonly vatAmountMinor?: number;
  readonly type?: string;
}

/** A postal address, as far as it is known. `country` in two letters (ISO 3166-1). */
export interface Address {
  readonly name?: string;
  readonly company?: string;
  readonly line1?: string;
  readonly line2?: string;
  readonly postalCode?: string;
  readonly city?: string;
  readonly region?: string;
  readonly country?: string;
}

/** Prefilled for the payer: an e-mail address in ASCII, a phone number in E.164. */
export interface Customer {
  readonly email?: string;
  readonly phone?: string;
  readonly name?: string;
  readonly billingAddress?: Address;
  readonly shippingAddress?: Address;
}

/** The one line that stands for an order without lines, at a gateway that requires lines. */
export function wholeOrder(reference: string, amountMinor: number): OrderLine {
  return { id: 'order', lineId: '1', description: `Order ${reference}`, quantity: 1, amountMinor };
}

/** The order as recorded, read under its lock, seen from one of its payments. */
export interface OrderSnapshot {
  readonly reference: string;
  readonly money: Money;
  readonly status: OrderStatus;
  /** The payment that has paid it. Once set, this never changes. */
  readonly paidPaymentId: string | null;
  /** The number of its newest payment. */
  readonly latestN: number;
  /** The status of another payment that is still open. An order has at most one. */
  readonly otherOpen: 'PENDING' | 'ON_HOLD' | null;
  /** Whether another payment is in REVIEW. */
  readonly otherReviewed: boolean;
  /**
   * The merchant has asked for another session in place of this payment's session, which is being closed for
   * that.
   */
  readonly isReplacing: boolean;
}

/**
 * The id of an effect, the same for everything that would notify the merchant of the same fact. It is the
 * `webhook-id`.
 */
export function effectId(
  at: { orderReference: string; paymentId: string },
  type: UpdateType,
  cause: string,
): string {
  return type === 'order.paid' ? `${at.orderReference}/order.paid` : `${at.paymentId}/${type}/${cause}`;
}

/** The updates that announce a passing state. */
export const SUPERSEDED_BY_LATER = [
  'order.payment_pending',
  'order.payment_failed',
  'order.payment_declined',
  'order.payment_cancelled',
  'order.payment_expired',
  'order.review',
  'order.authorization_expiring',
  'order.dispute_opened',
  'order.dispute_won',
  'order.dispute_lost',
] as const satisfies readonly UpdateType[];

/** Whether the update announces a passing state. Once the order has moved on, it would only confuse. */
export function isSupersededByLater(type: UpdateType): boolean {
  return SUPERSEDED_BY_LATER.some((passing) => passing === type);
}
