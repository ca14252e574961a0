/** The body of an update to the merchant. Contract §6. */
import { foremost } from '../domain/dispute.ts';
import type { UpdateToSend } from '../domain/order-change.ts';
import type { Surplus } from '../domain/surplus.ts';
import type { OrderRow, PaymentRow } from './payments.ts';

/** The version of the body's shape. Within a version, fields are only added. */
export const API_VERSION = '2026-11-01';

/** The columns of an order and of its payment that the body shows. */
export type OrderInBody = Pick<OrderRow, 'reference' | 'paidAt'>;
export type PaymentInBody = Pick<
  PaymentRow,
  | 'id'
  | 'gateway'
  | 'sessionId'
  | 'transactionId'
  | 'status'
  | 'amount'
  | 'currency'
  | 'authorized'
  | 'captured'
  | 'refunded'
  | 'acceptedAmount'
  | 'acceptedCurrency'
  | 'acceptedReference'
  | 'authorizationExpiresAt'
  | 'disputes'
  | 'paymentMethod'
  | 'reviewMark'
  | 'reason'
>;

/**
 * The body of an update, made once, together with the change that it announces. Every attempt sends the same
 * bytes.
 */
export function updateBody(
  update: Pick<UpdateToSend, 'type' | 'orderStatus' | 'surplus'>,
  about: { order: OrderInBody; payment: PaymentInBody; sequence: number; livemode: boolean },
): string {
  const { order, payment } = about;
  const reason = payment.reviewMark ?? payment.reason;
  const data = {
    orderReference: order.reference,
    orderStatus: update.orderStatus,
    sequence: about.sequence,
    paymentId: payment.id,
    gateway: payment.gateway,
    livemode: about.livemode,
    sessionId: payment.sessionId,
    transactionId: payment.transactionId,
    status: payment.status,
    amount: payment.amount,
    currency: payment.currency,
    authorizedAmount: payment.authorized,
    capturedAmount: payment.captured,
    refundedAmount: payment.refunded,
    ...acceptedIn(payment),
    ...(update.type === 'order.authorization_expiring' &&
      payment.authorizationExpiresAt !== null && {
        authorizationExpiresAt: payment.authorizationExpiresAt.toISOString(),
      }),
    ...viewDispute(payment),
    ...(update.surplus && { surplus: viewSurplus(update.surplus) }),
    ...(order.paidAt !== null && { paidAt: order.paidAt.toISOString() }),
    ...(payment.paymentMethod !== null && { paymentMethod: payment.paymentMethod }),
    ...(reason !== null && { reason }),
  };
  return JSON.stringify({
    type: update.type,
    timestamp: new Date().toISOString(),
    apiVersion: API_VERSION,
    data,
  });
}

/** Surplus as the API and the updates show it. */
export function viewSurplus({
  transactionId,
  status,
  authorizedMinor,
  capturedMinor,
  refundedMinor,
}: Surplus) {
  return {
    transactionId,
    status,
    authorizedAmount: authorizedMinor,
    capturedAmount: capturedMinor,
    refundedAmount: refundedMinor,
  };
}

/** The dispute that the merchant has to see first. */
function viewDispute({ disputes }: PaymentInBody): { dispute?: object } {
  const dispute = foremost(disputes);
  if (dispute === undefined) return {};
  const { state, amountMinor: amount, reason, dueBy } = dispute;
  return { dispute: { state, amount, ...(reason && { reason }), ...(dueBy && { dueBy }) } };
}

/**
 * The requested values stay as they were. If an operator has accepted other values, the sums in the body
 * refer to these.
 */
function acceptedIn(payment: PaymentInBody): { accepted?: object } {
  const { acceptedAmount: amount, acceptedCurrency: currency, acceptedReference: reference } = payment;
  return amount === null ? {} : { accepted: { amount, currency, reference } };
}
