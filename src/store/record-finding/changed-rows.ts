/** The rows of an order and of its payment as a finding changes them. */
import { disputesAfter } from '../../domain/dispute.ts';
import type { FoundBy } from '../../domain/found-by.ts';
import type { OrderChange } from '../../domain/order-change.ts';
import { shownAfter } from '../../domain/news.ts';
import { isSettled } from '../../domain/payment.ts';
import type { Transaction } from '../../domain/transaction.ts';
import type { OrderRow, PaymentRow } from '../payments.ts';
import type { Locked } from './lock-order.ts';

/** The rows afterwards: the same objects where nothing changes. */
export interface ChangedRows {
  readonly order: OrderRow;
  readonly payment: PaymentRow;
}

export function changedRows(
  before: Locked,
  change: OrderChange,
  {
    transaction,
    foundBy,
  }: { readonly transaction: Transaction | undefined; readonly foundBy?: FoundBy | undefined },
): ChangedRows {
  const { payment, now } = before;
  const { status, reason, reviewCode, reviewMark, closedBy, dismissed, mustGiveBack, surplus } = change;
  return {
    order: changedOrder(before, change),
    payment: {
      ...payment,
      status,
      reason,
      reviewCode,
      reviewMark,
      closedBy,
      dismissed,
      mustGiveBack,
      surplus,
      reviewSince: reviewCode === null ? null : (payment.reviewSince ?? now),
      updatedAt: now,
      ...(transaction && shownBy(payment, transaction)),
      ...(transaction && change.accepts && acceptedIn(transaction)),
      ...(change.paysNow && { foundBy: foundBy ?? null }),
      ...(isSettled(status) && hasCustomer(payment) && { request: withoutCustomer(payment) }),
    },
  };
}

function hasCustomer({ request }: PaymentRow): boolean {
  return 'customer' in request || 'customerHash' in request;
}

/** Drops the customer's contact data once no session can be opened any more. */
function withoutCustomer({ request }: PaymentRow): PaymentRow['request'] {
  const { customer: _, customerHash: __, ...rest } = request;
  return rest;
}

function shownBy({ shownOperations, disputes }: PaymentRow, transaction: Transaction): Partial<PaymentRow> {
  const { authorizationExpiresAt: lapse } = transaction;
  return {
    shownOperations: shownAfter(shownOperations, transaction.operations),
    disputes: disputesAfter(disputes, transaction),
    transactionId: transaction.transactionId,
    transactionUpdatedAt: transaction.updatedAt ?? null,
    authorizationExpiresAt: lapse === undefined ? null : new Date(lapse),
    paymentMethod: transaction.paymentMethod ?? null,
    knownEvents: transaction.knownEvents ?? [],
    authorized: transaction.authorizedMinor,
    captured: transaction.capturedMinor,
    refunded: transaction.refundedMinor,
  };
}

function acceptedIn({ reference, money }: Transaction): Partial<PaymentRow> {
  const { amountMinor, currency } = money;
  return { acceptedAmount: amountMinor, acceptedCurrency: currency, acceptedReference: reference };
}

function changedOrder({ order, payment, now }: Locked, change: OrderChange): OrderRow {
  const { paysNow, updates, orderStatus } = change;
  if (!paysNow && updates.length === 0 && orderStatus === order.status) return order;
  return {
    ...order,
    status: orderStatus,
    sequence: order.sequence + updates.length,
    updatedAt: now,
    ...(paysNow && { paidPaymentId: payment.id, paidAt: now }),
  };
}
