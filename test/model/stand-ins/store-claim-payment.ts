/** `src/store/claim-payment.ts` in memory. */
import { differences } from '../../../src/domain/asked-for.ts';
import { isOpen } from '../../../src/domain/payment.ts';
import type { NewPayment, PaymentClaim } from '../../../src/store/claim-payment.ts';
import type { Db } from '../../../src/store/open.ts';
import type { OrderRow, PaymentRow } from '../../../src/store/payments.ts';
import { tablesOf, type Tables } from '../world/tables.ts';
import { supersedeDeferred } from './store-outbox.ts';
import { moneyOf } from '../../../src/store/payment-snapshot.ts';

export type * from '../../../src/store/claim-payment.ts';

export function claimPayment(db: Db, wanted: NewPayment): Promise<PaymentClaim> {
  const tables = tablesOf(db);
  return tables.call('claim a payment', () => claim(tables, wanted));
}

function claim(tables: Tables, wanted: NewPayment): PaymentClaim {
  const order = tables.orders.get(wanted.orderReference);
  if (order !== undefined && order.paidPaymentId !== null) return { kind: 'order_already_paid' };
  const all = tables.paymentsOf(wanted.orderReference);
  if (all.some(({ status }) => status === 'REVIEW')) return { kind: 'payment_in_review' };
  const open = all.find(({ status }) => isOpen(status));
  if (open === undefined) return { kind: 'created', payment: insert(tables, order, wanted) };
  const different = differences(
    { ...open, lines: open.request.lines, money: moneyOf(open) },
    { ...wanted, lines: wanted.request.lines },
  );
  if (different.length > 0) return { kind: 'differs', payment: open, differences: different };
  return { kind: 'open', payment: open };
}

function insert(tables: Tables, known: OrderRow | undefined, wanted: NewPayment): PaymentRow {
  const { orderReference: reference, gateway, capture, request, expiresAt } = wanted;
  const { amountMinor: amount, currency } = wanted.money;
  const now = new Date();
  const n = (known?.latestN ?? 0) + 1;
  const order: OrderRow = {
    ...(known ?? { reference, paidPaymentId: null, paidAt: null, sequence: 0, createdAt: now }),
    amount,
    currency,
    status: 'AWAITING_PAYMENT',
    latestN: n,
    updatedAt: now,
  };
  const payment: PaymentRow = {
    id: `${reference}-p${n}`,
    orderReference: reference,
    n,
    gateway,
    amount,
    currency,
    status: 'PENDING',
    reason: null,
    closedBy: null,
    dismissed: false,
    sessionId: null,
    checkoutUrl: null,
    transactionId: null,
    foundBy: null,
    shownOperations: {},
    disputes: [],
    surplus: [],
    reviewMark: null,
    reviewCode: null,
    mustGiveBack: false,
    acceptedAmount: null,
    acceptedCurrency: null,
    acceptedReference: null,
    transactionUpdatedAt: null,
    paymentMethod: null,
    knownEvents: [],
    authorized: 0,
    captured: 0,
    refunded: 0,
    capture,
    returnKey: '',
    returnUrl: null,
    request,
    metadata: {},
    runId: null,
    openingUntil: wanted.leaseMs === undefined ? null : new Date(now.getTime() + wanted.leaseMs),
    expiresAt,
    authorizationExpiresAt: null,
    reviewSince: null,
    createdAt: now,
    updatedAt: now,
  };
  supersedeDeferred(tables, reference);
  tables.orders.set(reference, order);
  tables.payments.set(payment.id, payment);
  return payment;
}
