/** The updates about order 1001 that the OpenAPI document shows: a complete body for each type. */
import type { z } from 'zod';
import type { UpdateType } from '../../domain/order.ts';
import { EXAMPLE, GATEWAY, PAYMENT_ID } from '../payments/payment-examples.ts';
import type { orderUpdate } from './order-updates.ts';

type Update = z.infer<typeof orderUpdate>;
type Data = Update['data'];

const asked = {
  orderReference: '1001',
  paymentId: PAYMENT_ID,
  gateway: GATEWAY.id,
  livemode: false,
  sessionId: EXAMPLE.sessionId,
  transactionId: null,
  amount: 72200,
  currency: 'NOK',
  authorizedAmount: 0,
  capturedAmount: 0,
  refundedAmount: 0,
} as const;

const { transactionId, paymentMethod } = EXAMPLE;
const tried = { ...asked, transactionId, paymentMethod } as const;

const held = { ...tried, orderStatus: 'PAID', status: 'AUTHORIZED', authorizedAmount: 72200 } as const;

const paid = { ...held, paidAt: '2026-11-21T13:47:16.034Z' } as const;

const captured = { ...paid, status: 'CAPTURED', capturedAmount: 72200 } as const;

const AFTER: Readonly<Record<UpdateType, Data>> = {
  'order.paid': { ...paid, sequence: 1 },
  'order.payment_pending': { ...tried, sequence: 1, orderStatus: 'PAYMENT_PENDING', status: 'ON_HOLD' },
  'order.payment_failed': {
    ...tried,
    sequence: 1,
    orderStatus: 'PAYMENT_FAILED',
    status: 'FAILED',
    reason: 'the payment ended as FAILED',
  },
  'order.payment_declined': {
    ...tried,
    sequence: 1,
    orderStatus: 'PAYMENT_FAILED',
    status: 'DECLINED',
    reason: 'the payment ended as DECLINED',
  },
  'order.payment_cancelled': {
    ...asked,
    sequence: 1,
    orderStatus: 'CANCELLED',
    status: 'CANCELLED',
    reason: 'cancelled by the merchant',
  },
  'order.payment_expired': { ...asked, sequence: 1, orderStatus: 'PAYMENT_FAILED', status: 'EXPIRED' },
  'order.voided': { ...paid, sequence: 2, orderStatus: 'VOIDED', status: 'VOIDED' },
  'order.captured': { ...captured, sequence: 2 },
  'order.partially_refunded': {
    ...captured,
    sequence: 3,
    status: 'PARTIALLY_REFUNDED',
    refundedAmount: 34150,
  },
  'order.refunded': {
    ...captured,
    sequence: 4,
    orderStatus: 'REFUNDED',
    status: 'REFUNDED',
    refundedAmount: 72200,
  },
  'order.late_payment_returned': {
    ...tried,
    sequence: 2,
    orderStatus: 'PAYMENT_FAILED',
    status: 'VOIDED',
    authorizedAmount: 72200,
  },
  'order.review': {
    ...tried,
    sequence: 1,
    orderStatus: 'REVIEW',
    status: 'REVIEW',
    authorizedAmount: 72100,
    reason: 'amount_mismatch',
  },
  'order.review_ended': { ...paid, sequence: 3 },
  'order.capture_failed': { ...paid, sequence: 2 },
  'order.capture_reversed': { ...paid, sequence: 3 },
  'order.refund_failed': { ...captured, sequence: 4 },
  'order.void_failed': { ...paid, sequence: 3 },
  'order.authorization_expiring': {
    ...paid,
    sequence: 2,
    authorizationExpiresAt: '2026-11-28T13:47:15.615Z',
  },
  'order.dispute_opened': {
    ...captured,
    sequence: 4,
    dispute: { state: 'open', amount: 72200, reason: 'fraudulent', dueBy: '2026-12-01T23:59:59.000Z' },
  },
  'order.dispute_won': {
    ...captured,
    sequence: 5,
    dispute: { state: 'won', amount: 72200, reason: 'fraudulent' },
  },
  'order.dispute_lost': {
    ...captured,
    sequence: 5,
    dispute: { state: 'lost', amount: 72200, reason: 'fraudulent' },
  },
};

/** The body of an update of this type. */
export function updateOf(type: UpdateType): Update {
  return { type, timestamp: '2026-11-21T13:47:16.270Z', apiVersion: '2026-11-01', data: AFTER[type] };
}
